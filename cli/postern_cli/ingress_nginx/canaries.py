"""Canaries of ingress-nginx: Ingresses that take a part of the requests of another one with the same path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .reading import UnsayableError, whole_number
from .source import Backend, NginxIngress, SourcePath

# All that a canary says of itself; its other annotations are those of the Ingress beside it.
KNOWN = ("canary", "canary-weight", "canary-weight-total", "canary-by-header", "canary-by-header-value")


class Place(NamedTuple):
    """Where a canary stands beside another Ingress."""

    namespace: str
    host: str
    path: str
    type: str


@dataclass(frozen=True, slots=True)
class Canary:
    """A backend that gets a weight of the requests, and all with a header; `value` "" stands for always and never."""

    title: str
    backend: Backend
    weight: int = 0
    total: int = 100
    header: str = ""
    value: str = ""


@dataclass(slots=True)
class Canaries:
    """The canaries by place, and those that are left out with what is in the way."""

    by_place: dict[Place, list[Canary]]
    left: list[tuple[NginxIngress, str]]

    def beside(self, source: NginxIngress, path: SourcePath) -> list[Canary]:
        """The canaries for a path of an Ingress."""
        return self.by_place.get(place_of(source, path), [])


def place_of(source: NginxIngress, path: SourcePath) -> Place:
    """The place of a path."""
    return Place(source.namespace, path.host, path.path, path.type)


def canaries_of(sources: Sequence[NginxIngress]) -> Canaries:
    """Find out of each canary where it stands; one that stands nowhere, or can't be said, is left."""
    stable = {place_of(it, path) for it in sources if not it.is_canary for path in it.paths}
    found = Canaries(defaultdict(list), [])
    for source in sources:
        if not source.is_canary:
            continue
        try:
            _place(found, source, stable)
        except UnsayableError as error:
            found.left.append((source, str(error)))
    return found


def _place(found: Canaries, source: NginxIngress, stable: set[Place]) -> None:
    said = source.of_nginx
    unknown = [name for name in said if name.startswith("canary") and name not in KNOWN]
    if unknown:
        raise UnsayableError(unknown[0], "is not converted; write a Route with headers")
    total = whole_number("canary-weight-total", said.get("canary-weight-total") or "100")
    weight = whole_number("canary-weight", said.get("canary-weight") or "0")
    if weight > total:
        raise UnsayableError("canary-weight", "is beyond its total")
    header = said.get("canary-by-header", "")
    value = said.get("canary-by-header-value", "") if header else ""
    places = [(place_of(source, path), path.backend) for path in source.paths]
    if not places or any(place not in stable or backend is None for place, backend in places):
        raise UnsayableError("canary", "no other Ingress has the same paths with backends that are services")
    for place, backend in places:
        if backend is not None:
            found.by_place[place].append(Canary(source.title, backend, weight, total, header, value))
