"""Finds the route of a request: by host, then by path, then by what else a route asks for.

The time this takes does not grow with the number of routes, save for patterns
of one host, which are tried in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from postern_core.precedence import route_order
from postern_core.snapshot import PathMatch
from postern_dataplane.policy.decision import RequestHead
from postern_dataplane.policy.target import Target

from .rows import RouteRow, compile_pattern

EVERY_HOST = "*"


class HostRoutes:
    """The routes of one host, in order of precedence."""

    __slots__ = ("exact", "keeps_slashes", "longest_prefix", "patterns", "prefixes", "rows")

    def __init__(self) -> None:
        self.exact: dict[str, list[RouteRow]] = {}
        self.prefixes: dict[str, list[RouteRow]] = {}
        self.patterns: list[tuple[Any, PathMatch, RouteRow]] = []
        self.longest_prefix = 0
        self.keeps_slashes = False
        self.rows: list[RouteRow] = []

    def add(self, row: RouteRow) -> None:
        """Add a route; they come in the order of `route_order`."""
        self.rows.append(row)
        self.keeps_slashes = self.keeps_slashes or row.entry.keep_encoded_slashes
        for path in row.entry.paths:
            if path.type == "Exact":
                self.exact.setdefault(path.value, []).append(row)
            elif path.type == "Prefix":
                self.prefixes.setdefault(path.value, []).append(row)
                self.longest_prefix = max(self.longest_prefix, len(path.value))
            else:
                self.patterns.append((compile_pattern(path.value), path, row))

    def find(self, target: Target, head: RequestHead) -> RouteRow | None:
        """The first route that takes the request."""
        for row in self._by_path(target.path):
            if mismatch(row, target, head) is None:
                return row
        return None

    def _by_path(self, path: str) -> Iterator[RouteRow]:
        """The routes whose path matches, the ones that decide first in front."""
        yield from self.exact.get(path, ())
        if self.prefixes:
            for prefix in _prefixes_of(path, self.longest_prefix):
                yield from self.prefixes.get(prefix, ())
        for pattern, match, row in self.patterns:
            rest = below(path, match.below)
            if rest is not None and pattern.fullmatch(rest) is not None:
                yield row


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

    __slots__ = ("_exact", "_wildcards")

    def __init__(self, rows: list[RouteRow]) -> None:
        self._exact: dict[str, HostRoutes] = {}
        self._wildcards: dict[str, HostRoutes] = {}
        for row in sorted(rows, key=lambda it: route_order(it.entry)):
            for host in row.entry.hosts:
                table = self._wildcards if host.startswith("*") else self._exact
                table.setdefault(host.removeprefix("*."), HostRoutes()).add(row)

    def find(self, host: str) -> HostRoutes | None:
        """The routes of a host: its own, those of the longest wildcard above it, or those of every host."""
        found = self._exact.get(host)
        if found is None and self._wildcards:
            above = host
            while found is None and "." in above:
                above = above.partition(".")[2]
                found = self._wildcards.get(above)
            if found is None:
                found = self._wildcards.get(EVERY_HOST)
        return found
