"""Routes that are never reached, because others of their host take all of their requests first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from postern_core.precedence import path_order, route_order
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.snapshot import PathMatch, Route

from .linked import Linked

# The paths of one text on one host, each with its route.
Places = Mapping[tuple[str, str], list[tuple[PathMatch, Route]]]
# So many are compared with another: more would take the square of their number.
COMPARED_MAX = 32
# Whole segments, each with the slash behind it that is there in any case.
_LITERAL = re.compile(r"(?:/[A-Za-z0-9_-]+(?=/(?![?*{])))*")


def route_is_shadowed(linked: Linked) -> Iterator[Problem]:
    for entry, other in shadowed(linked.routes.entries):
        shadow = Ref.of(other.id)
        message = f"is never reached: {shadow} takes all of its requests first; remove one, or ask for more here"
        yield Problem(Ref.of(entry.id), Reason.WARNING, "spec", message, (shadow,))


def shadowed(entries: Collection[Route]) -> Iterator[tuple[Route, Route]]:
    """The routes that certainly are never reached, each with one that takes its requests."""
    at: dict[tuple[str, str], list[tuple[PathMatch, Route]]] = defaultdict(list)
    # A default gives way to all others, and how many labels a wildcard stands for makes two hosts of one text.
    entries = [entry for entry in entries if not entry.is_default]
    for entry in entries:
        for host in _hosts(entry):
            for path in entry.paths:
                at[host, path.value].append((path, entry))
    for entry in entries:
        other = None if entry.refusal else _taker_of_all(entry, at)
        if other is not None:
            yield entry, other


def _hosts(entry: Route) -> tuple[str, ...]:
    return tuple(f"1{host}" for host in entry.hosts) if entry.is_one_label else entry.hosts


def _taker_of_all(entry: Route, at: Places) -> Route | None:
    """A route that takes an entry's requests at one of its places, if each has one; None where one has none."""
    first = None
    for host in _hosts(entry):
        for path in entry.paths:
            if path.type != "Regex" and len(at[host, path.value]) == 1:
                return None
            taker = next((one for one in _before(entry, host, path, at) if _asks_for_no_more(one, entry)), None)
            if taker is None:
                return None
            first = first or taker
    return first


def _before(entry: Route, host: str, path: PathMatch, at: Places) -> Iterator[Route]:
    """Some routes that are asked before an entry for every request that its path takes."""
    for other, one in islice(at[host, path.value], COMPARED_MAX):
        if other == path and route_order(one) < route_order(entry):
            yield one
    if path.type != "Regex":
        return
    for prefix in _prefixes(_base(path)):
        for other, one in islice(at.get((host, prefix), ()), COMPARED_MAX):
            if path_order(other) < path_order(path) and other.type == "Prefix" and one is not entry:
                yield one


def _asks_for_no_more(one: Route, entry: Route) -> bool:
    """Whether a route takes whatever another takes, if their paths are left aside."""
    return (
        (not one.methods or (bool(entry.methods) and set(one.methods) >= set(entry.methods)))
        and set(one.headers) <= set(entry.headers)
        and set(one.query_params) <= set(entry.query_params)
    )


def _base(pattern: PathMatch) -> str:
    """A path below which all is that a pattern matches: what it begins with, if that is certain."""
    literal = None if "|" in pattern.value else _LITERAL.match(pattern.value)
    return (pattern.below.rstrip("/") + (literal[0] if literal else "")) or "/"


def _prefixes(path: str) -> Iterator[str]:
    """A path and what it is below of, down to `/`."""
    while path != "/":
        yield path
        path = path.rpartition("/")[0] or "/"
    yield "/"
