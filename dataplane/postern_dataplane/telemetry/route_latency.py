"""The durations of requests by route: as a worker counts them, and added up for as many routes as have a series.

A route has a row from its first request on, and loses it when it is served no more.  How the sums are shown belongs in
`prometheus`.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable

from .worker_messages import Distribution, RouteReport

# Upper bounds in seconds; a value on a bound counts below it, as Prometheus' `le` means.
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
# Those of a route: with the last bucket, the sum and the number they make eleven series.
ROUTE_BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

# Of a message: it stays small even when 10,000 routes were called within a second; the rest goes with the next.
ROUTES_PER_MESSAGE = 2_000

# Under which requests are counted whose route has no series of its own; no route has a name without a slash.
OTHER = "other"

# Where the buckets of a route end among all buckets, and where the sum of a row is.
_ENDS = (*(BUCKETS_S.index(bound) + 1 for bound in ROUTE_BUCKETS_S), len(BUCKETS_S) + 1)
_SUM = len(BUCKETS_S) + 1

Row = list[float]


class RouteDurations:
    """What a worker has observed since the last message, by the route's label, "" for no route."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, Row] = defaultdict(lambda: [0] * (_SUM + 1))
        # Those that the supervisor may have a series of.
        self._reported: set[str] = set()
        self._is_served: Callable[[str], bool] = bool
        self._is_changed = False

    def observe(self, route: str, value_s: float) -> None:
        """On the path of every request."""
        row = self._rows[route]
        row[bisect_left(BUCKETS_S, value_s)] += 1
        row[_SUM] += value_s

    def follow(self, is_served: Callable[[str], bool]) -> None:
        """Report by this from now on whether a route is still served."""
        self._is_served, self._is_changed = is_served, True

    def take(self) -> tuple[Distribution, RouteReport]:
        """What was observed since the last time: of all together, and by route."""
        total: Row = [0] * (_SUM + 1)
        taken: dict[str, Row] = {}
        for route in list(itertools.islice(self._rows, ROUTES_PER_MESSAGE)):
            row = self._rows.pop(route)
            total = _added(total, row)
            # A request may end long after the route that it began with is gone.
            label = route if not route or self._is_served(route) else OTHER
            taken[label] = _added(taken[label], row) if label in taken else row
        gone = self._take_gone() if self._is_changed else ()
        self._reported.update(route for route in taken if "/" in route)
        return _distribution(total), RouteReport({route: _folded(row) for route, row in taken.items()}, gone)

    @property
    def has_more(self) -> bool:
        """Whether something is left that `take` has not returned."""
        return bool(self._rows)

    def _take_gone(self) -> tuple[str, ...]:
        gone = tuple(itertools.islice((it for it in self._reported if not self._is_served(it)), ROUTES_PER_MESSAGE))
        self._reported.difference_update(gone)
        self._is_changed = len(gone) == ROUTES_PER_MESSAGE
        return gone


class HistogramTotals:
    """A histogram's buckets and sum over all workers."""

    def __init__(self, buckets: int = len(BUCKETS_S) + 1) -> None:
        self.counts = [0] * buckets
        self.sum_s = 0.0

    def add(self, part: Distribution) -> None:
        self.counts = [total + count for total, count in zip(self.counts, part.counts, strict=True)]
        self.sum_s += part.sum_s


class RouteTotals:
    """The sums by route over all workers: of the first `routes_max`, all others under `OTHER`."""

    def __init__(self, routes_max: int) -> None:
        self._routes_max = routes_max
        self.of: dict[str, HistogramTotals] = {}

    def add(self, part: RouteReport) -> None:
        """Add one worker's counts, and drop the routes that it serves no more."""
        for route in part.gone:
            self.of.pop(route, None)
        for route, distribution in part.durations.items() if self._routes_max else ():
            has_series = route in self.of or not route or len(self.of) < self._routes_max
            key = route if has_series else OTHER
            if key not in self.of:
                self.of[key] = HistogramTotals(len(_ENDS))
            self.of[key].add(distribution)

    def clear(self) -> None:
        """Begin anew: a worker that has ended reports no more which routes are gone.

        For Prometheus this is what a restart of the process is.
        """
        self.of.clear()


def _added(one: Row, other: Row) -> Row:
    return [a + b for a, b in zip(one, other, strict=True)]


def _distribution(row: Row) -> Distribution:
    return Distribution(tuple(map(int, row[:_SUM])), row[_SUM])


def _folded(row: Row) -> Distribution:
    return Distribution(tuple(int(sum(row[a:b])) for a, b in itertools.pairwise((0, *_ENDS))), row[_SUM])
