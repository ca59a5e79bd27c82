"""All Ingresses of ingress-nginx as manifests of ours, with what is left of each.

Rules of this file:
1. An Ingress that can't be said exactly stays an Ingress that answers 503, by an annotation of ours that is not known:
   were it left out, a wider path of the host might take its requests without what restricts them.
2. What differs is named for each object; nothing is guessed.
3. What the compiler would not accept is not written.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from postern_core.compile import compile_snapshot
from postern_core.parse import is_known, parse_manifest
from postern_operator.validators import VALIDATORS

from .annotations import Meaning, read_annotations
from .canaries import Canaries, canaries_of
from .certificates import certificates_of, without_repeated
from .differences import Patterns, notes_of_objects, notes_of_paths, patterns_of
from .object_names import ObjectNames
from .paths import PathOfRoute, read_path
from .reading import UnsayableError
from .services import Match, Placed, Share, placed_paths, redirected_hosts, services_of
from .source import Manifest, NginxIngress

LEFT = "postern.dev/left-by-conversion"
_NOT_PLAIN = re.compile(r"[\\^$*|()\[\]{}?+]")


@dataclass
class Converted:
    """The manifests that stand for one Ingress.

    `left` is what is to be done about it by hand, and `notes` what differs, or is dropped.
    """

    title: str
    manifests: list[Manifest] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Run:
    """What is the same for all Ingresses."""

    to_class: str
    suffix: str
    names: ObjectNames
    canaries: Canaries
    hosts: frozenset[str]
    patterns: Patterns


def convert_all(sources: Sequence[NginxIngress], to_class: str, suffix: str = "") -> list[Converted]:
    """Each Ingress on its own; a canary is merged into the one beside which it stands.

    An Ingress that stays one has `to_class`, and `suffix` behind its name.
    """
    stable = [it for it in sources if not it.is_canary]
    meanings = [read_annotations(it.of_nginx, it.namespace) for it in stable]
    hosts = frozenset(host for it in stable for host in it.hosts)
    run = _Run(to_class, suffix, ObjectNames(), canaries_of(sources), hosts, patterns_of(stable, meanings))
    done = [_convert(it, meaning, run) for it, meaning in zip(stable, meanings, strict=True)]
    known: dict[tuple[str, str], Manifest] = {}
    for result in done:
        result.manifests = without_repeated(result.manifests, known)
    for source, why in run.canaries.left:
        done.append(Converted(source.title, left=[f"{why}; it is left out, and the stable one takes all requests"]))
    return done


def _convert(source: NginxIngress, meaning: Meaning, run: _Run) -> Converted:
    beside = [it for path in source.paths for it in run.canaries.beside(source, path)]
    result = Converted(source.title, [], list(meaning.left), list(meaning.notes))
    if not (result.left or beside or _needs_services(source, meaning)):
        result.manifests = [_ingress(source, run)]
        result.notes += notes_of_paths(source, meaning, run.patterns)
        return result
    if not result.left:
        result.left += _unsayable(source, meaning, run)
    if not result.left:
        _write(result, source, meaning, run)
    if result.left:
        result.manifests = [_ingress(source, run, refused=meaning)]
        result.left += [f"canary: {it.title} is left out until this Ingress is written by hand" for it in beside]
    return result


def _needs_services(source: NginxIngress, meaning: Meaning) -> bool:
    return _says_more(meaning) or bool(meaning.is_https_preferred and source.tls)


def _says_more(meaning: Meaning) -> bool:
    """Whether an annotation says what no Ingress of ours does."""
    more = meaning.fields or meaning.is_pattern or meaning.app_root or meaning.aliases or meaning.is_www
    return bool(more or meaning.is_https_forced)


def _unsayable(source: NginxIngress, meaning: Meaning, run: _Run) -> Iterator[str]:
    if source.spec.get("defaultBackend"):
        why = "spec.defaultBackend: a Service of postern.dev has none; write a Service for its hosts"
        only_redirects = "; or annotate ssl-redirect: false, and have the gateway redirect (--redirect-to-https)"
        yield why if _says_more(meaning) else why + only_redirects
    elif not source.paths:
        yield "spec.rules: no rule has a path"
    if meaning.aliases and len(source.hosts) > 1:
        yield "server-alias: of several hosts; split the Ingress"
    for path in source.paths:
        if path.backend is None:
            yield f"path {path.path}: its backend is no service"
        if len(run.canaries.beside(source, path)) > 1:
            yield "canary: several canaries stand beside this Ingress; split its Service by hand"


def _write(result: Converted, source: NginxIngress, meaning: Meaning, run: _Run) -> None:
    try:
        placed = list(_placed(source, meaning, run))
    except UnsayableError as error:
        result.left.append(str(error))
        return
    _drop_known_aliases(result, meaning, run)
    made = services_of(source, meaning, placed, run.names)
    if meaning.is_www:
        made += redirected_hosts(source, _www_hosts(result, source, run), run.names)
    result.left += _problems(made)
    if result.left:
        return
    certificates = list(certificates_of(source))
    result.manifests = [*made, *certificates]
    result.notes += notes_of_paths(source, meaning, run.patterns)
    result.notes += notes_of_objects(source, made, certificates)


def _placed(source: NginxIngress, meaning: Meaning, run: _Run) -> Iterator[Placed]:
    """The paths of all hosts, each with its canary; raises `UnsayableError`."""
    for path in source.paths:
        is_pattern = path.host in run.patterns.hosts
        found = read_path(path.path, path.type, meaning.rewrite_target, is_pattern=is_pattern)
        canary = next(iter(run.canaries.beside(source, path)), None)
        is_root = found[:2] == ("Exact", "/")
        if path.backend is not None and not (meaning.app_root and is_root):
            yield from placed_paths(path.host, found, path.backend, canary)
    if meaning.app_root:
        for host in source.hosts:
            of_host = [path.backend for path in source.paths if path.host == host and path.backend]
            for backend in of_host[:1]:
                root = Match(PathOfRoute("Exact", "/"), redirect=meaning.app_root)
                yield Placed(host, root, (Share(backend, 1),))


def _drop_known_aliases(result: Converted, meaning: Meaning, run: _Run) -> None:
    """Leave out the aliases that are hosts of some Ingress, as nginx does."""
    known = [alias for alias in meaning.aliases if alias in run.hosts]
    if known:
        meaning.aliases = tuple(alias for alias in meaning.aliases if alias not in known)
        result.notes.append(f"server-alias: {', '.join(known)} is a host of an Ingress, which comes before an alias")


def _www_hosts(result: Converted, source: NginxIngress, run: _Run) -> Iterator[tuple[str, str]]:
    for host in (it for it in source.hosts if it and "*" not in it):
        other = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
        if other in run.hosts:
            result.notes.append(f"from-to-www-redirect: {other} is a host of an Ingress, and is not redirected")
        else:
            yield other, host


def _problems(made: Sequence[Manifest]) -> list[str]:
    """What the compiler does not accept of these objects; what they refer to need not be there."""
    compiled = compile_snapshot([parse_manifest(it) for it in made if is_known(it)], inspectors=VALIDATORS)
    wrong = (it for it in compiled.problems if it.reason.condition == "Accepted")
    return list(dict.fromkeys(f"{it.ref.kind} {it.field}: {it.message}" for it in wrong))


def _ingress(source: NginxIngress, run: _Run, refused: Meaning | None = None) -> Manifest:
    """The Ingress with our class and without what only ingress-nginx reads."""
    kept = source.of_others
    spec = {**copy.deepcopy(dict(source.spec)), "ingressClassName": run.to_class}
    if refused is not None:
        kept[LEFT] = "true"
        _widen(spec, is_pattern=refused.is_pattern)
    metadata = source.metadata(f"{source.name}{run.suffix}")
    if kept:
        metadata["annotations"] = kept
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _widen(spec: Manifest, *, is_pattern: bool) -> None:
    """Have a pattern refuse all that it may match: of ImplementationSpecific ones the whole elements before it."""
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            if is_pattern or _NOT_PLAIN.search(str(path.get("path") or "/")):
                path["pathType"] = "ImplementationSpecific"
