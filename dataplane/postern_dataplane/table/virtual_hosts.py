"""Finds the route of a request: by host, then by path, then by what else a route asks for.

The time this takes does not grow with the number of routes; what patterns take is bounded, see `patterns`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Literal

from postern_core.precedence import route_order
from postern_core.snapshot import PathMatch, Route
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target

from .compiled import CompiledRoute, ValueMatcher
from .copy_on_write import with_recomputed, with_regrouped
from .field_values import header_value, query_value
from .patterns import Patterns, TextTooLong, below
from .re2_pattern import compile_pattern

EVERY_HOST = "*"


class VirtualHost:
    """The routes of one host, by path; those of one path in order of precedence.

    It is never changed: `with_changes` returns another one.
    """

    __slots__ = (
        "_criteria_size", "_deeper", "_keep_slashes", "_one_label", "_token_criteria", "count", "defaults", "exact",
        "longest_prefix", "namespace", "patterns", "prefixes",
    )  # fmt: skip

    def __init__(self) -> None:
        self.exact: dict[str, tuple[CompiledRoute, ...]] = {}
        self.prefixes: dict[str, tuple[CompiledRoute, ...]] = {}
        self.patterns = Patterns()
        self.defaults: tuple[CompiledRoute, ...] = ()
        self.longest_prefix = 0
        self.count, self.namespace = 0, ""
        self._keep_slashes = 0
        self._token_criteria = 0
        self._criteria_size = 0
        self._one_label = 0
        self._deeper: VirtualHost | None = None

    def with_changes(self, removed: Collection[Route], added: Collection[CompiledRoute]) -> VirtualHost:
        """Without the rows of the routes that are gone, and with those that have come."""
        new = VirtualHost()
        new.exact = _by_path(self.exact, "Exact", removed, added)
        new.prefixes = _by_path(self.prefixes, "Prefix", removed, added)
        same = new.prefixes is self.prefixes
        new.longest_prefix = self.longest_prefix if same else max(map(len, new.prefixes), default=0)
        new.count = self.count - len(removed) + len(added)
        new.namespace = next((row.entry.namespace for row in added), self.namespace)
        new._keep_slashes = self._keep_slashes + _difference(removed, added, lambda entry: entry.keep_encoded_slashes)
        new._token_criteria = self._token_criteria + _difference(removed, added, _asks_for_authorization)
        new._criteria_size = self._criteria_size + _difference(removed, added, _criteria_size)
        new.patterns = _patterns(self.patterns, removed, added, new._criteria_size)
        new.defaults = _defaults(self.defaults, removed, added)
        new._one_label = self._one_label + _difference(removed, added, lambda entry: entry.is_one_label)
        new._deeper = self._deeper_with(removed, added) if new._one_label else None
        return new

    @property
    def deeper(self) -> VirtualHost | None:
        """The routes of names that have more than one label where the host has a wildcard; None for none."""
        return self._deeper if self._one_label else self

    def _deeper_with(self, removed: Iterable[Route], added: Iterable[CompiledRoute]) -> VirtualHost | None:
        wide, new = [it for it in removed if not it.is_one_label], [it for it in added if not it.entry.is_one_label]
        routes = (self.deeper or VirtualHost()).with_changes(wide, new)
        return routes if routes.count else None

    @property
    def keeps_slashes(self) -> bool:
        """Whether any of the routes takes an encoded slash."""
        return self._keep_slashes > 0

    @property
    def asks_for_authorization(self) -> bool:
        """Whether any of the routes asks for something in the field Authorization."""
        return self._token_criteria > 0

    @property
    def rows(self) -> list[CompiledRoute]:
        """All of them, in order of precedence; for explanations, it takes the time of a search through all."""
        groups = [*self.exact.values(), *self.prefixes.values(), self.patterns.rows, self.defaults]
        return sorted({row.id: row for group in groups for row in group}.values(), key=_order)

    def find(self, target: Target, head: RequestHead) -> CompiledRoute | None:
        """The first route that takes the request; raises `TextTooLong`."""
        for row in self.at(target.path):
            if not row.has_criteria or mismatch(row, target, head, self.patterns.text_bytes_max) is None:
                return row
        return None

    def candidates(self, target: Target, head: RequestHead, unknown: Collection[str]) -> list[CompiledRoute]:
        """The routes that may take a request, the last of which surely does; `unknown` headers may have any value.

        Raises `TextTooLong`.
        """
        bytes_max, found = self.patterns.text_bytes_max, []
        for row in self.at(target.path):
            if row.methods and head.method not in row.methods:
                continue
            known = [it for it in row.headers if it.name not in unknown]
            if not all(_holds(it, header_value(it.name, head), bytes_max, "header") for it in known):
                continue
            if not all(_holds(it, query_value(it.name, target.query), bytes_max, "query") for it in row.query_params):
                continue
            found.append(row)
            if len(known) == len(row.headers):
                break
        return found

    def at(self, path: str) -> Iterator[CompiledRoute]:
        """The routes whose path matches, the ones that decide first in front."""
        yield from self.exact.get(path, ())
        if self.prefixes:
            # As `prefixes_of`, which would be a second generator: nearly always the first prefix decides.
            prefix = path if len(path) <= self.longest_prefix else shortened(path, self.longest_prefix)
            while prefix:
                yield from self.prefixes.get(prefix, ())
                prefix = prefix[: prefix.rfind("/")]
            if path != "/":
                yield from self.prefixes.get("/", ())
        if self.patterns:
            yield from self.patterns.at(path)
        yield from self.defaults


def _order(row: CompiledRoute) -> tuple[Any, ...]:
    return (*route_order(row.entry), row.id)


def _by_path(
    before: dict[str, tuple[CompiledRoute, ...]], type_: str, removed: Iterable[Route], added: Iterable[CompiledRoute]
) -> dict[str, tuple[CompiledRoute, ...]]:
    return with_regrouped(
        before,
        ((path.value, entry.id) for entry in removed for path in _indexed(entry, type_)),
        ((path.value, row) for row in added for path in _indexed(row.entry, type_)),
        _order,
    )


def _indexed(entry: Route, type_: str) -> list[PathMatch]:
    """The paths by which a route is found; a default is by none."""
    return [] if entry.is_default else [path for path in entry.paths if path.type == type_]


def _defaults(
    before: tuple[CompiledRoute, ...], removed: Iterable[Route], added: Iterable[CompiledRoute]
) -> tuple[CompiledRoute, ...]:
    gone, new = {it.id for it in removed if it.is_default}, [row for row in added if row.entry.is_default]
    return tuple(sorted([*(row for row in before if row.id not in gone), *new], key=_order)) if gone or new else before


def _difference(removed: Iterable[Route], added: Iterable[CompiledRoute], number: Callable[[Route], int]) -> int:
    return sum(number(row.entry) for row in added) - sum(map(number, removed))


def _asks_for_authorization(entry: Route) -> int:
    return any(header.name == "authorization" for header in entry.headers)


def _criteria_size(entry: Route) -> int:
    """The instructions of the patterns that a route asks of headers and query parameters."""
    matches = (*entry.headers, *entry.query_params)
    return sum(compile_pattern(match.value).programsize for match in matches if match.type == "Regex")


def _has_patterns(entry: Route) -> bool:
    return any(path.type == "Regex" for path in entry.paths)


def _patterns(
    before: Patterns, removed: Iterable[Route], added: Iterable[CompiledRoute], criteria_size: int
) -> Patterns:
    removed_ids = {entry.id for entry in removed if _has_patterns(entry)}
    new = [row for row in added if _has_patterns(row.entry)]
    if not removed_ids and not new and criteria_size == before.criteria_size:
        return before
    rows = [row for row in before.rows if row.id not in removed_ids] + new
    return Patterns(sorted(rows, key=_order), criteria_size, before.sets)


def prefixes_of(path: str, longest: int) -> Iterator[str]:
    """The path and what it is below of, by whole segments, longest first, down to `/`."""
    prefix = path if len(path) <= longest else shortened(path, longest)
    while prefix:
        yield prefix
        prefix = prefix[: prefix.rfind("/")]
    if path != "/":
        yield "/"


def shortened(path: str, longest: int) -> str:
    """What a longer path is below of, cut where a segment ends, so that a prefix of this length is still found."""
    return path[: path.rfind("/", 0, longest + 1)] if path[longest] != "/" else path[:longest]


def path_matches(path: str, match: PathMatch) -> bool:
    """Whether one path of a route takes a path; for explanations, `find` has indexes."""
    if match.type == "Exact":
        return path == match.value
    rest = below(path, match.value if match.type == "Prefix" else match.below)
    return rest is not None and (match.type == "Prefix" or compile_pattern(match.value).fullmatch(rest) is not None)


def mismatch(row: CompiledRoute, target: Target, head: RequestHead, text_bytes_max: int | None = None) -> str | None:
    """What a route asks for, beside its path, that the request does not have; None for nothing.

    Raises `TextTooLong` for what is longer than a pattern may be tried on; None, for explanations, tries everything.
    """
    if row.methods and head.method not in row.methods:
        return "method"
    for header in row.headers:
        if not _holds(header, header_value(header.name, head), text_bytes_max, "header"):
            return f"header {header.name}"
    for parameter in row.query_params:
        if not _holds(parameter, query_value(parameter.name, target.query), text_bytes_max, "query"):
            return f"query parameter {parameter.name}"
    return None


def _holds(criterion: ValueMatcher, value: str | None, bytes_max: int | None, part: Literal["header", "query"]) -> bool:
    if criterion.pattern is None or value is None or bytes_max is None:
        return criterion.matches(value)
    if len(value.encode("utf-8")) > bytes_max:
        raise TextTooLong(part)
    return criterion.matches(value)


class VirtualHosts:
    """The hosts of a table. The most specific one decides, and nothing falls through to a wider one."""

    __slots__ = ("_routes",)

    def __init__(self, rows: Iterable[CompiledRoute] = ()) -> None:
        # By the host as a route names it, wildcards too.
        self._routes: dict[str, VirtualHost] = _by_host({}, (), rows)

    def with_changes(self, removed: Iterable[Route], added: Iterable[CompiledRoute]) -> VirtualHosts:
        """Without the rows of the routes that are gone, and with those that have come."""
        new = VirtualHosts()
        new._routes = _by_host(self._routes, removed, added)
        return new

    def find(self, host: str) -> VirtualHost | None:
        """The routes of a host: its own, those of the longest wildcard above it, or those of every host.

        Whose wildcard stands above a host owns it, and though none of its routes takes it, those of others don't.
        """
        found, owner = self._routes.get(host), ""
        if found is None and "." in host:
            above = host.partition(".")[2]
            found = self._routes.get(f"*.{above}")
            while found is None and "." in above:
                above = above.partition(".")[2]
                if wide := self._routes.get(f"*.{above}"):
                    found, owner = wide.deeper, owner or wide.namespace
        found = found or self._routes.get(EVERY_HOST)
        return None if owner and found is not None and found.namespace != owner else found

    def has(self, name: str, host: str) -> bool:
        """Whether there are routes that call a host by this name."""
        routes = self._routes.get(name)
        is_deeper = name not in (host, EVERY_HOST, f"*.{host.partition('.')[2]}")
        return routes is not None and (not is_deeper or routes.deeper is not None)


def _by_host(
    before: dict[str, VirtualHost], removed: Iterable[Route], added: Iterable[CompiledRoute]
) -> dict[str, VirtualHost]:
    removed_by_host: dict[str, list[Route]] = defaultdict(list)
    added_by_host: dict[str, list[CompiledRoute]] = defaultdict(list)
    for entry in removed:
        for host in entry.hosts:
            removed_by_host[host].append(entry)
    for row in added:
        for host in row.entry.hosts:
            added_by_host[host].append(row)

    def make(host: str) -> VirtualHost | None:
        routes = (before.get(host) or VirtualHost()).with_changes(
            removed_by_host.get(host, ()), added_by_host.get(host, ())
        )
        return routes if routes.count else None

    return with_recomputed(before, {**removed_by_host, **added_by_host}, make)
