"""The split of a route's requests over several backends, ready to choose from, and the mirrors that get copies.

What goes upstream depends on the backend: its host and its path are in the head, and so is what its filters change.  So
there is a row of the route for each way in which that head is written, and mostly one is enough for all backends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from postern_core.snapshot import Route
from postern_core.snapshot_backend_refs import BackendRef
from postern_core.snapshot_filters import BackendFilter

from .upstream import Upstream

# The row of a route, which is built of what is here.
Row = TypeVar("Row")
BackendFilters = tuple[BackendFilter, ...]
# Of copies: they are what goes to the application, whichever of its backends gets the request.
NO_FILTERS: BackendFilters = ()


class Choice(NamedTuple):
    """Where one share of the requests goes.

    `upstream` is None where it is answered 503, `row` the number of the row by which the head is written.
    """

    upstream: Upstream | None
    row: int


class CompiledMirror(NamedTuple):
    """Where copies go, by a row as in `Choice`; of the two weights, the first is that of a copy."""

    upstream: Upstream
    row: int
    weights: tuple[int, int]


class CompiledSplit(Generic[Row]):
    """The choices of a route, in the order of its backends, of which one with mirrors may have a single one.

    Row 0 is the route's own, `further_rows` are those behind it.
    """

    __slots__ = ("choices", "further_rows", "mirrors", "weights")

    def __init__(
        self,
        weights: tuple[int, ...],
        choices: tuple[Choice, ...],
        mirrors: tuple[CompiledMirror, ...],
        further_rows: tuple[Row, ...],
    ) -> None:
        self.weights = weights
        self.choices = choices
        self.mirrors = mirrors
        self.further_rows = further_rows


def split_row(
    route: Route, upstreams: Mapping[str, Upstream], row_for: Callable[[Upstream | None, BackendFilters], Row]
) -> tuple[Row, CompiledSplit[Row]]:
    """The row of a route with several backends, or filters of theirs, or mirrors, and its split.

    The row's upstream is the first that may be chosen, if any.
    """
    refs = route.backends or (BackendRef(backend=route.backend),)
    found = [(_usable(ref, upstreams), ref.filters) for ref in refs]
    weights = tuple(ref.weight for ref in refs)
    mirrored = [(it, ref) for ref in route.mirrors if (it := _usable(BackendRef(backend=ref.backend), upstreams))]
    usable = (it for it, weight in zip(found, weights, strict=True) if it[0] and weight)
    own = next(usable, (None, NO_FILTERS))
    rows = {_writing(*own): row_for(*own)}
    for upstream, filters in (*found, *((it, NO_FILTERS) for it, _ in mirrored)):
        if upstream is not None and _writing(upstream, filters) not in rows:
            rows[_writing(upstream, filters)] = row_for(upstream, filters)
    numbers = {writing: number for number, writing in enumerate(rows)}
    choices = tuple(Choice(it, numbers[_writing(it, filters)] if it else 0) for it, filters in found)
    mirrors = tuple(
        CompiledMirror(it, numbers[_writing(it, NO_FILTERS)], (ref.numerator, ref.denominator - ref.numerator))
        for it, ref in mirrored
    )
    row, *further = rows.values()
    return row, CompiledSplit(weights, choices, mirrors, tuple(further))


def _usable(ref: BackendRef, upstreams: Mapping[str, Upstream]) -> Upstream | None:
    """The upstream of a share; None where it is refused or has no endpoint, as `usable_upstream` has it."""
    upstream = None if ref.refusal else upstreams.get(ref.backend)
    return None if upstream is None or upstream.backend.refusal or not upstream.endpoints else upstream


def _writing(upstream: Upstream | None, filters: BackendFilters) -> tuple[str | None, str, bool, BackendFilters] | None:
    """All of a backend that a row, and the head that is written by it, depend on."""
    backend = upstream.backend if upstream else None
    return None if backend is None else (backend.host_header, backend.path_prefix, backend.ends_with_slash, filters)
