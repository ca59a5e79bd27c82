"""Each route of a host, and why it takes a request or doesn't."""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.snapshot import PathMatch, ValueMatch
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.virtual_hosts import VirtualHost, mismatch, path_matches

from .wording import listed, shown

# Of a host with more routes the first are shown, and how many the others are.
ROUTES_MAX = 20


@dataclass(frozen=True, slots=True)
class RouteNote:
    """A route and how it stands to the request: "takes it", "comes later" or "doesn't"."""

    route: str
    verdict: str
    why: str = ""


def route_notes(routes: VirtualHost, target: Target, head: RequestHead, taken: CompiledRoute | None) -> list[RouteNote]:
    """How every route of the host stands to the request, the one that takes it first."""
    notes = [] if taken is None else [RouteNote(taken.label, "takes it", _asks(taken))]
    return notes + [_note(row, target, head, taken) for row in routes.rows if row is not taken]


def _note(row: CompiledRoute, target: Target, head: RequestHead, taken: CompiledRoute | None) -> RouteNote:
    if not any(path_matches(target.path, path) for path in row.entry.paths):
        return RouteNote(row.label, "doesn't", f"its paths are {_paths(row)}")
    missing = mismatch(row, target, head)
    if missing == "method":
        return RouteNote(row.label, "doesn't", f"its methods are {listed(row.entry.methods)}")
    if missing is not None:
        return RouteNote(row.label, "doesn't", f"it wants {missing} to be {_wanted(row, missing)}")
    if taken is None:
        return RouteNote(row.label, "doesn't", "it takes no encoded slash")
    return RouteNote(row.label, "comes later", f"it would take this too ({_asks(row)}), but {taken.label} comes first")


def _wanted(row: CompiledRoute, missing: str) -> str:
    kind, _, name = missing.rpartition(" ")
    matches = row.entry.headers if kind == "header" else row.entry.query_params
    return listed(_value(match) for match in matches if match.name == name)


def _value(match: ValueMatch) -> str:
    return f"like {shown(match.value)}" if match.type == "Regex" else shown(match.value)


def _asks(row: CompiledRoute) -> str:
    """What a route asks for, in short."""
    methods = listed(row.entry.methods) or "every method"
    named = [f"{kind} {it.name}" for kind, of in _criteria(row) for it in of]
    return "; ".join([f"{methods}, {_paths(row)}", *named])


def _criteria(row: CompiledRoute) -> tuple[tuple[str, tuple[ValueMatch, ...]], ...]:
    return ("header", row.entry.headers), ("query parameter", row.entry.query_params)


def _paths(row: CompiledRoute) -> str:
    return listed(_path(path) for path in row.entry.paths)


def _path(path: PathMatch) -> str:
    below = f" below {path.below}" if path.type == "Regex" and path.below != "/" else ""
    return f"{path.type} {path.value}{below}"
