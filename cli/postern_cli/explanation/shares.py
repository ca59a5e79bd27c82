"""The shares of a route whose requests are split over several upstreams: a line for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from postern_core.snapshot import Route
from postern_core.snapshot_backend_refs import BackendRef
from postern_core.snapshot_filters import BackendFilter, RequestHeaders
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.split import CompiledSplit
from postern_dataplane.table.upstream import Upstream


def shares_of(split: CompiledSplit[CompiledRoute], entry: Route) -> Iterator[str]:
    """How many requests go where, of as many as the sum of the weights, and what is changed of them there alone."""
    width = len(str(max(split.weights)))
    for ref, choice in zip(entry.backends, split.choices, strict=True):
        where = _first_of(choice.upstream) if choice.upstream else "are answered 503: it can't be used"
        yield f"{ref.weight:>{width}}  {where} ({ref.backend})"
        yield from (f"{'':>{width}}    {line}" for line in changes_there([ref]))


def mirrors_of(split: CompiledSplit[CompiledRoute]) -> Iterator[str]:
    """Of how many requests a copy goes where."""
    for mirror in split.mirrors:
        copied, whole = mirror.weights[0], sum(mirror.weights)
        yield f"{copied} of {whole}  {_first_of(mirror.upstream).removeprefix('go ')} ({mirror.upstream.id})"


def usable_upstreams(split: CompiledSplit[CompiledRoute]) -> tuple[Upstream, ...]:
    """The upstreams that get requests."""
    shares = zip(split.weights, split.choices, strict=True)
    return tuple(choice.upstream for weight, choice in shares if weight and choice.upstream)


def changes_there(shares: Iterable[BackendRef]) -> Iterator[str]:
    """What backends change of requests and responses, after their route."""
    for changes in (changes for ref in shares for changes in ref.filters):
        what = "requests " if isinstance(changes, RequestHeaders) else "responses"
        yield from (f"{what}  {line}" for line in header_changes(changes))


def header_changes(changes: BackendFilter) -> Iterator[str]:
    """What is changed of header fields."""
    yield from (f"set     {field.name}: {field.value}" for field in changes.set)
    yield from (f"add     {field.name}: {field.value}" for field in changes.add)
    yield from (f"remove  {name}" for name in changes.remove)


def _first_of(upstream: Upstream) -> str:
    first, more = upstream.endpoints[0], len(upstream.endpoints) - 1
    host = f"[{first.address}]" if ":" in first.address else first.address
    return f"go to {host}:{first.port}" + (f", or one of {more} more" if more else "")
