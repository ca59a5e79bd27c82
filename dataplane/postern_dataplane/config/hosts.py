"""Finds the route of a request: by host, then by path, then by what else a route asks for.

The time this takes does not grow with the number of routes, save for patterns
of one host, which are tried in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from postern_core.precedence import route_order
from postern_core.snapshot import PathMatch, Route
from postern_dataplane.policy.decision import RequestHead
from postern_dataplane.policy.target import Target

from .patching import regrouped, remade
from .rows import RouteRow, compile_pattern

EVERY_HOST = "*"


class HostRoutes:
    """The routes of one host, by path; those of one path in order of precedence.

    It is never changed: `changed` gives another one.
    """

    __slots__ = ("_keep_slashes", "count", "exact", "longest_prefix", "patterns", "prefixes")

    def __init__(self) -> None:
        self.exact: dict[str, tuple[RouteRow, ...]] = {}
        self.prefixes: dict[str, tuple[RouteRow, ...]] = {}
        self.patterns: list[tuple[Any, PathMatch, RouteRow]] = []
        self.longest_prefix = 0
        self.count = 0
        self._keep_slashes = 0

    def changed(self, gone: Collection[Route], come: Collection[RouteRow]) -> HostRoutes:
        """Without the rows of the routes that are gone, and with those that have come."""
        new = HostRoutes()
        new.exact = _by_path(self.exact, "Exact", gone, come)
        new.prefixes = _by_path(self.prefixes, "Prefix", gone, come)
        same = new.prefixes is self.prefixes
        new.longest_prefix = self.longest_prefix if same else max(map(len, new.prefixes), default=0)
        new.patterns = _patterns(self.patterns, gone, come)
        new.count = self.count - len(gone) + len(come)
        new._keep_slashes = (
            self._keep_slashes
            - sum(entry.keep_encoded_slashes for entry in gone)
            + sum(row.entry.keep_encoded_slashes for row in come)
        )
        return new

    @property
    def keeps_slashes(self) -> bool:
        """Whether any of the routes takes an encoded slash."""
        return self._keep_slashes > 0

    @property
    def rows(self) -> list[RouteRow]:
        """All of them, in order of precedence; for explanations, it takes the time of a search through all."""
        groups = [*self.exact.values(), *self.prefixes.values(), [row for _, _, row in self.patterns]]
        return sorted({row.id: row for group in groups for row in group}.values(), key=_order)

    def find(self, target: Target, head: RequestHead) -> RouteRow | None:
        """The first route that takes the request."""
        for row in self.at(target.path):
            if mismatch(row, target, head) is None:
                return row
        return None

    def at(self, path: str) -> Iterator[RouteRow]:
        """The routes whose path matches, the ones that decide first in front."""
        yield from self.exact.get(path, ())
        if self.prefixes:
            for prefix in _prefixes_of(path, self.longest_prefix):
                yield from self.prefixes.get(prefix, ())
        for pattern, match, row in self.patterns:
            rest = below(path, match.below)
            if rest is not None and pattern.fullmatch(rest) is not None:
                yield row


def _order(row: RouteRow) -> tuple[Any, ...]:
    return (*route_order(row.entry), row.id)


def _by_path(
    before: dict[str, tuple[RouteRow, ...]], type_: str, gone: Iterable[Route], come: Iterable[RouteRow]
) -> dict[str, tuple[RouteRow, ...]]:
    return regrouped(
        before,
        ((path.value, entry.id) for entry in gone for path in entry.paths if path.type == type_),
        ((path.value, row) for row in come for path in row.entry.paths if path.type == type_),
        _order,
    )


def _patterns(
    before: list[tuple[Any, PathMatch, RouteRow]], gone: Iterable[Route], come: Iterable[RouteRow]
) -> list[tuple[Any, PathMatch, RouteRow]]:
    left = {entry.id for entry in gone if any(path.type == "Regex" for path in entry.paths)}
    new = [(path, row) for row in come for path in row.entry.paths if path.type == "Regex"]
    if not left and not new:
        return before
    patterns = [it for it in before if it[2].id not in left]
    patterns += [(compile_pattern(path.value), path, row) for path, row in new]
    return sorted(patterns, key=lambda it: _order(it[2]))


def _prefixes_of(path: str, longest: int) -> Iterator[str]:
    """The path and what it is below of, by whole segments, longest first, down to `/`."""
    if len(path) <= longest:
        yield path
        prefix = path
    else:
        # Cut where a segment ends, so that the longest prefix is still among those that come.
        end = path.rfind("/", 0, longest + 1)
        prefix = path[:end] if path[longest] != "/" else path[:longest]
        if prefix:
            yield prefix
    while prefix:
        prefix = prefix[: prefix.rfind("/")]
        if prefix:
            yield prefix
    if path != "/":
        yield "/"


def below(path: str, prefix: str) -> str | None:
    """What follows a prefix, at least `/`; None for a path that is not below it."""
    if prefix == "/":
        return path
    if not path.startswith(prefix):
        return None
    rest = path[len(prefix) :]
    if not rest:
        return "/"
    return rest if rest[0] == "/" else None


def path_matches(path: str, match: PathMatch) -> bool:
    """Whether one path of a route takes a path; for explanations, `find` has indexes."""
    if match.type == "Exact":
        return path == match.value
    rest = below(path, match.value if match.type == "Prefix" else match.below)
    return rest is not None and (match.type == "Prefix" or compile_pattern(match.value).fullmatch(rest) is not None)


def mismatch(row: RouteRow, target: Target, head: RequestHead) -> str | None:
    """What a route asks for, beside its path, that the request does not have; None for nothing."""
    if row.methods and head.method not in row.methods:
        return "method"
    for header in row.headers:
        if not header.holds(header_value(header.name, head)):
            return f"header {header.name}"
    for parameter in row.query_params:
        if not parameter.holds(query_value(parameter.name, target.query)):
            return f"query parameter {parameter.name}"
    return None


def header_value(name: str, head: RequestHead) -> str | None:
    """A header's value; several lines are one list (RFC 9110, section 5.3)."""
    wanted = name.encode()
    values = [value.decode("latin-1") for field, value in head.headers if field.lower() == wanted]
    return ", ".join(values) if values else None


def query_value(name: str, query: str | None) -> str | None:
    """The first value of a query parameter, percent-decoded once."""
    for segment in (query or "").split("&") if query else ():
        key, _, value = segment.partition("=")
        if _decoded(key) == name:
            return _decoded(value)
    return None


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")


class Hosts:
    """The hosts of a table. The most specific one decides, and nothing falls through to a wider one."""

    __slots__ = ("_routes",)

    def __init__(self, rows: Iterable[RouteRow] = ()) -> None:
        # By the host as a route names it, wildcards too.
        self._routes: dict[str, HostRoutes] = _by_host({}, (), rows)

    def changed(self, gone: Iterable[Route], come: Iterable[RouteRow]) -> Hosts:
        """Without the rows of the routes that are gone, and with those that have come."""
        new = Hosts()
        new._routes = _by_host(self._routes, gone, come)
        return new

    def find(self, host: str) -> HostRoutes | None:
        """The routes of a host: its own, those of the longest wildcard above it, or those of every host."""
        found = self._routes.get(host)
        above = host
        while found is None and "." in above:
            above = above.partition(".")[2]
            found = self._routes.get(f"*.{above}")
        return found or self._routes.get(EVERY_HOST)


def _by_host(before: dict[str, HostRoutes], gone: Iterable[Route], come: Iterable[RouteRow]) -> dict[str, HostRoutes]:
    leaving: dict[str, list[Route]] = defaultdict(list)
    joining: dict[str, list[RouteRow]] = defaultdict(list)
    for entry in gone:
        for host in entry.hosts:
            leaving[host].append(entry)
    for row in come:
        for host in row.entry.hosts:
            joining[host].append(row)

    def make(host: str) -> HostRoutes | None:
        routes = (before.get(host) or HostRoutes()).changed(leaving.get(host, ()), joining.get(host, ()))
        return routes if routes.count else None

    return remade(before, {**leaving, **joining}, make)
