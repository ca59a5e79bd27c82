"""Ingresses of ingress-nginx as manifests of ours, with what is left of each.

Rules of this file:
1. An Ingress that can't be said exactly stays an Ingress that answers 503, by an annotation of ours that is not known:
   were it left out, a wider path of the host might take its requests without what restricts them.
2. What differs is named for each object; nothing is guessed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from postern_core.link.ingress_annotations import NGINX

from .nginx_annotations import SAID, instead_of

LEFT = "postern.dev/left-by-conversion"
CLASS = "kubernetes.io/ingress.class"
Manifest = dict[str, Any]


@dataclass
class Converted:
    """The manifests that stand for one Ingress, and what is left to do about it."""

    name: str
    manifests: list[Manifest] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def convert_all(ingresses: Sequence[Manifest], to_class: str) -> list[Converted]:
    """Each Ingress on its own; a canary is merged into the one beside which it stands."""
    canaries = [it for it in ingresses if _of_nginx(it).get("canary") == "true"]
    done = [_convert(it, to_class, canaries) for it in ingresses if it not in canaries]
    merged = {id(it) for it in canaries if any(_is_beside(it, other) for other in ingresses if other not in canaries)}
    for it in canaries:
        if id(it) not in merged or _weight(it) is None:
            why = "canary: only canary-weight of an Ingress with one path, beside one with the same, is converted"
            done.append(Converted(_name(it), left=[f"{why}; it is left out, and the stable one takes all requests"]))
    return done


def _convert(ingress: Manifest, to_class: str, canaries: Sequence[Manifest]) -> Converted:
    result = Converted(_name(ingress))
    fields = _fields(ingress, result.left)
    beside = [it for it in canaries if _is_beside(it, ingress) and _weight(it) is not None]
    if len(beside) > 1:
        result.left.append("canary: several canaries stand beside this Ingress; split its Service by hand")
    if (fields or beside) and not result.left:
        result.left += _unsayable(ingress)
    if result.left:
        result.manifests = [_ingress(ingress, to_class, refuse=True)]
        result.left += [f"canary: {_name(it)} is left out until this Ingress is written by hand" for it in beside]
    elif fields or beside:
        result.manifests = list(_services(ingress, fields, beside))
        others = (name for name in _annotations(ingress) if not name.startswith(NGINX) and name != CLASS)
        result.left += [f"{name}: is not carried over to Services and Routes of postern.dev" for name in others]
        if "rewrite" in fields and "path" in fields["rewrite"]:
            result.left.append("rewrite-target: nginx matched without case and /x also for /xy, on all paths of the"
                               " host; here paths count by whole elements and with case")  # fmt: skip
    else:
        result.manifests = [_ingress(ingress, to_class, refuse=False)]
        loose = [it.get("path", "/") for _, it in _paths(ingress) if it.get("pathType") == "ImplementationSpecific"]
        why = "nginx compared it letter by letter; here it counts by whole elements, as Prefix does"
        result.left += [f"path {path}: {why}" for path in loose if path != "/"]
    return result


def _fields(ingress: Manifest, left: list[str]) -> Manifest:
    fields: Manifest = {}
    annotations = _of_nginx(ingress)
    redirects = annotations.pop("ssl-redirect", "true")
    if ingress["spec"].get("tls") and redirects != "false":
        annotations.setdefault("force-ssl-redirect", "true")
    for name, value in sorted(annotations.items()):
        if name not in SAID:
            left.append(f"{name}: {instead_of(name)}")
            continue
        try:
            _merge(fields, SAID[name](value))
        except ValueError as error:
            left.append(f"{name}: its value {error}")
    return fields


def _merge(into: Manifest, other: Mapping[str, Any]) -> None:
    for name, value in other.items():
        if isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
        elif into.setdefault(name, value) != value:
            raise ValueError("contradicts another annotation")


def _unsayable(ingress: Manifest) -> Iterator[str]:
    spec = ingress["spec"]
    if spec.get("defaultBackend"):
        yield "spec.defaultBackend: a Service of postern.dev has none; write a Service for its hosts"
    if any(not tls.get("secretName") for tls in spec.get("tls", [])):
        yield "spec.tls: an entry without secretName has no equal in a Service of postern.dev"
    for rule in spec.get("rules", []):
        if not rule.get("host") or "*" in rule["host"]:
            yield "spec.rules: a rule without a host, or with a wildcard, takes other hosts in a Service of postern.dev"
        for path in rule.get("http", {}).get("paths", []):
            if path.get("pathType") not in ("Exact", "Prefix") or "service" not in path["backend"]:
                yield f"path {path.get('path', '/')}: use Exact or Prefix, and a backend that is a service"


def _services(ingress: Manifest, fields: Manifest, canaries: Sequence[Manifest]) -> Iterator[Manifest]:
    name, number = ingress["metadata"]["name"], 0
    secrets = [{"name": tls["secretName"]} for tls in ingress["spec"].get("tls", [])]
    for rule in ingress["spec"].get("rules", []):
        for path in rule.get("http", {}).get("paths", []):
            number += 1
            metadata = {"name": f"{name}-{number}", **_namespace(ingress)}
            spec = copy.deepcopy(fields)
            shares = _shares(path, spec.pop("upstream", {}), canaries)
            tls = {"tls": {"certificateRefs": secrets}} if secrets else {}
            yield _ours("Service", metadata, {"hosts": [rule["host"]], **shares, **tls, **spec})
            value = path["path"] if path["pathType"] == "Exact" else path["path"].rstrip("/") or "/"
            paths = [{"type": path["pathType"], "value": value}]
            yield _ours("Route", dict(metadata), {"serviceRef": {"name": metadata["name"]}, "paths": paths})


def _shares(path: Manifest, more: Manifest, canaries: Sequence[Manifest]) -> Manifest:
    upstream = _upstream(path, more)
    if not canaries:
        return {"upstream": upstream}
    weight = _weight(canaries[0]) or 0
    canary = _upstream(_paths(canaries[0])[0][1], more)
    return {"upstreams": [{**upstream, "weight": 100 - weight}, {**canary, "weight": weight}]}


def _upstream(path: Manifest, more: Manifest) -> Manifest:
    service = path["backend"]["service"]
    port = service["port"].get("number") or service["port"]["name"]
    return {"service": {"name": service["name"], "port": port}, "hostHeader": "Client", **copy.deepcopy(more)}


def _ours(kind: str, metadata: Manifest, spec: Manifest) -> Manifest:
    return {"apiVersion": "postern.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _ingress(ingress: Manifest, to_class: str, *, refuse: bool) -> Manifest:
    said = _annotations(ingress).items()
    kept = {name: value for name, value in said if not name.startswith(NGINX) and name != CLASS}
    if refuse:
        kept[LEFT] = "true"
    metadata = {"name": ingress["metadata"]["name"], **_namespace(ingress)}
    if kept:
        metadata["annotations"] = kept
    spec = {**copy.deepcopy(ingress["spec"]), "ingressClassName": to_class}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _annotations(ingress: Manifest) -> dict[str, str]:
    kept = ingress["metadata"].get("annotations") or {}
    return {name: value for name, value in kept.items() if name != "kubectl.kubernetes.io/last-applied-configuration"}


def _of_nginx(ingress: Manifest) -> dict[str, str]:
    found = _annotations(ingress).items()
    return {name.removeprefix(NGINX): str(value) for name, value in found if name.startswith(NGINX)}


def _weight(canary: Manifest) -> int | None:
    said = _of_nginx(canary)
    weight = said.get("canary-weight", "")
    good = set(said) == {"canary", "canary-weight"} and weight.isascii() and weight.isdecimal() and int(weight) <= 100
    return int(weight) if good and len(_paths(canary)) == 1 else None


def _is_beside(canary: Manifest, other: Manifest) -> bool:
    keys = [[(host, path.get("path"), path.get("pathType")) for host, path in _paths(it)] for it in (canary, other)]
    return _namespace(canary) == _namespace(other) and len(keys[0]) == 1 and keys[0] == keys[1]


def _paths(ingress: Manifest) -> list[tuple[str, Manifest]]:
    rules = ingress["spec"].get("rules", [])
    return [(rule.get("host", ""), path) for rule in rules for path in rule.get("http", {}).get("paths", [])]


def _namespace(ingress: Manifest) -> dict[str, Any]:
    return {name: value for name, value in ingress["metadata"].items() if name == "namespace"}


def _name(ingress: Manifest) -> str:
    return "/".join(["Ingress", *_namespace(ingress).values(), ingress["metadata"]["name"]])
