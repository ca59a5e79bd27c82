"""An Ingress as it was written for ingress-nginx, with its parts by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from postern_core.link.ingress_annotations import NGINX, is_canary

Manifest = dict[str, Any]

CLASS = "kubernetes.io/ingress.class"
# What clients of the API server write down of their own.
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Backend(NamedTuple):
    """A Service of Kubernetes and its port, by number or by name."""

    name: str
    port: int | str


class SourcePath(NamedTuple):
    """A path of a rule; `backend` is None where it is no Service."""

    host: str
    path: str
    type: str
    backend: Backend | None


@dataclass(frozen=True)
class NginxIngress:
    """An Ingress; `origin` says where it was read, "" for a cluster."""

    manifest: Mapping[str, Any]
    origin: str = ""

    @property
    def name(self) -> str:
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace, "" where none is written."""
        return str(self.manifest["metadata"].get("namespace") or "")

    @property
    def title(self) -> str:
        """How it is named in messages."""
        return "/".join(filter(None, ("Ingress", self.namespace, self.name)))

    @property
    def spec(self) -> Mapping[str, Any]:
        return dict(self.manifest["spec"])

    @property
    def tls(self) -> list[Mapping[str, Any]]:
        return list(self.spec.get("tls") or ())

    @cached_property
    def annotations(self) -> dict[str, str]:
        """All annotations, with the prefix of ingress-nginx."""
        return {name: str(value) for name, value in (self.manifest["metadata"].get("annotations") or {}).items()}

    @property
    def of_nginx(self) -> dict[str, str]:
        """The annotations of ingress-nginx, without the prefix."""
        every = self.annotations.items()
        return {name.removeprefix(NGINX): value.strip() for name, value in every if name.startswith(NGINX)}

    @property
    def of_others(self) -> dict[str, str]:
        """The annotations of others that mean something beside ingress-nginx."""
        left = (CLASS, LAST_APPLIED)
        return {name: it for name, it in self.annotations.items() if not name.startswith(NGINX) and name not in left}

    @property
    def ingress_class(self) -> str:
        """The name of its class, "" where it names none."""
        return str(self.spec.get("ingressClassName") or self.annotations.get(CLASS) or "")

    @property
    def is_canary(self) -> bool:
        return is_canary(self.annotations)

    @cached_property
    def paths(self) -> tuple[SourcePath, ...]:
        """The paths of all rules, in order."""
        return tuple(_paths(self.spec))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of its rules, each once."""
        return tuple(dict.fromkeys(str(rule.get("host") or "") for rule in self.spec.get("rules") or ()))

    def is_tls(self, host: str) -> bool:
        """Whether its TLS is for a host; an entry without hosts is for all of them."""
        return any(covers(entry, host) for entry in self.tls)

    def metadata(self, name: str = "") -> Manifest:
        """The metadata of an object that is made of it: its namespace and its labels."""
        found: Manifest = {"name": name or self.name}
        if self.namespace:
            found["namespace"] = self.namespace
        if labels := self.manifest["metadata"].get("labels"):
            found["labels"] = dict(labels)
        return found


def covers(entry: Mapping[str, Any], host: str) -> bool:
    """Whether an entry of `spec.tls` is for a host."""
    named = entry.get("hosts") or ()
    return not named or host in named or f"*.{host.partition('.')[2]}" in named


def _paths(spec: Mapping[str, Any]) -> Iterator[SourcePath]:
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            service = (path.get("backend") or {}).get("service")
            backend = None
            if service:
                port = service.get("port") or {}
                backend = Backend(str(service["name"]), port.get("number") or str(port.get("name", "")))
            yield SourcePath(
                str(rule.get("host") or ""), str(path.get("path") or "/"), str(path.get("pathType") or ""), backend
            )
