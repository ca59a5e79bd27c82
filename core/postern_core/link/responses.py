"""`responses` blocks, resolved: what the gateway's own answers hold, on routes and where no route takes a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from msgspec import UnsetType

from postern_core.ref import Ref
from postern_core.resources.responses import Responses as ResponsesBlock
from postern_core.snapshot_responses import ResponseBody, Responses

from .sizes import size_of


class LinkedResponses(NamedTuple):
    """The entry of a block, and its bytes."""

    entry: Responses
    size_bytes: int


class Place(Protocol):
    """Where a Service stands."""

    @property
    def ref(self) -> Ref: ...
    @property
    def hosts(self) -> tuple[str, ...]: ...
    @property
    def path_prefix(self) -> str: ...


def link_responses(
    owner: Ref, block: ResponsesBlock | UnsetType, hosts: tuple[str, ...] = (), path_prefix: str = "/"
) -> LinkedResponses | None:
    """The block that stands in `owner`, None where there is none; a Service's is for a place too."""
    if not block:
        return None
    entry = Responses(
        id=owner.id,
        format=block.format,
        bodies=tuple(
            ResponseBody(status=one.status, content_type=one.content_type, body=one.body)
            for one in sorted(block.bodies, key=lambda one: one.status)
        ),
        hosts=tuple(sorted(hosts)),
        path_prefix=path_prefix,
    )
    return LinkedResponses(entry, size_of(entry))


def usual_beside(places: Iterable[Place], own: Iterable[Responses]) -> Iterator[Responses]:
    """Responses without anything of their own, for `places` at hosts of the others: there the usual ones are meant."""
    hosts = {host for entry in own for host in entry.hosts}
    for place in places if hosts else ():
        shared = tuple(sorted(hosts.intersection(place.hosts)))
        if shared:
            yield Responses(id=place.ref.id, hosts=shared, path_prefix=place.path_prefix)
