"""The `responses` of routes and Services, ready to be sent, and which hold where no route takes a request.

Rules of this file:
1. The most specific host decides alone, as it does about routes, whether it has routes, responses, or both.
2. Below it the longest prefix decides. Where Services share that, and want different ones, none of them has its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from postern_core.snapshot_responses import Responses
from postern_dataplane.request.own_responses import OwnResponses, content

from .copy_on_write import with_recomputed, with_regrouped
from .diff import SectionDiff
from .virtual_hosts import EVERY_HOST, VirtualHosts, prefixes_of


class CompiledResponses:
    """An entry with its contents; `own` is None where it asks for nothing but the usual bodies."""

    __slots__ = ("entry", "id", "own")

    def __init__(self, entry: Responses) -> None:
        self.entry = entry
        self.id = entry.id
        bodies = {one.status: content(one.content_type, one.body.encode()) for one in entry.bodies}
        is_problem_details = entry.format == "ProblemDetails"
        has_own = bodies or is_problem_details
        self.own = OwnResponses(bodies, is_problem_details=is_problem_details) if has_own else None


class Prefixes(NamedTuple):
    """The responses of one host by prefix, None for the usual ones, and the length of the longest."""

    longest: int
    responses: dict[str, OwnResponses | None]

    def at(self, path: str) -> OwnResponses | None:
        """Those of the longest prefix of a path."""
        own = self.responses
        for prefix in prefixes_of(path, self.longest):
            if prefix in own:
                return own[prefix]
        return None


class Unrouted:
    """The responses to requests that no route takes, by host and prefix.

    It is never changed: `with_changes` returns another one.
    """

    __slots__ = ("_by_host", "_rows")

    def __init__(self) -> None:
        self._rows: dict[str, tuple[CompiledResponses, ...]] = {}
        self._by_host: dict[str, Prefixes] = {}

    def with_changes(self, responses: SectionDiff[CompiledResponses]) -> Unrouted:
        """After this change of entries."""
        if not responses.changed:
            return self
        removed = [it for id_ in responses.changed if (it := responses.before.get(id_))]
        added = [it for id_ in responses.changed if (it := responses.now.get(id_))]
        new = Unrouted()
        new._rows = with_regrouped(
            self._rows,
            ((host, row.id) for row in removed for host in row.entry.hosts),
            ((host, row) for row in added for host in row.entry.hosts),
            lambda row: row.id,
        )
        changed = dict.fromkeys(host for row in (*removed, *added) for host in row.entry.hosts)
        rows = new._rows
        new._by_host = with_recomputed(
            self._by_host, changed.keys(), lambda host: _by_prefix(rows[host]) if host in rows else None
        )
        return new

    def find(self, host: str, path: str, hosts: VirtualHosts) -> OwnResponses | None:
        """The responses of the Service whose place this is; `hosts` are those that have routes."""
        if not self._by_host:
            return None
        for name in names_of(host):
            found = self._by_host.get(name)
            if found is not None:
                return found.at(path)
            if hosts.has(name, host):
                return None
        return None


def names_of(host: str) -> Iterator[str]:
    """What routes may call a host, the most specific first: for what `VirtualHosts.find` has no need of."""
    yield host
    while "." in host:
        host = host.partition(".")[2]
        yield f"*.{host}"
    yield EVERY_HOST


def _by_prefix(rows: tuple[CompiledResponses, ...]) -> Prefixes:
    found: dict[str, CompiledResponses] = {}
    differing: set[str] = set()
    for row in rows:
        prefix = row.entry.path_prefix.rstrip("/") or "/"
        first = found.setdefault(prefix, row).entry
        if (first.format, first.bodies) != (row.entry.format, row.entry.bodies):
            differing.add(prefix)
    responses = {prefix: None if prefix in differing else row.own for prefix, row in found.items()}
    return Prefixes(max(map(len, responses)), responses)
