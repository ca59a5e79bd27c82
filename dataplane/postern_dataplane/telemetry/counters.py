"""Counts what a worker does, cheaply: plain numbers, taken away by the second.

This is on the path of every request.  How the numbers are added up and shown
belongs in `totals` and `prometheus`.
"""

from __future__ import annotations

import itertools
import resource
import time
from bisect import bisect_left
from collections import defaultdict
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from . import definitions
from .definitions import METRICS, Kind, Labels, Merge, Metric
from .events import CLIENT_CLOSED_STATUS, RequestRecord
from .route_latency import BUCKETS_S, RouteDurations
from .worker_messages import Distribution, RouteReport, WorkerReport

# Of one metric: a message stays small even when 10,000 routes were called within a second; the rest goes with the next.
SERIES_PER_MESSAGE = 10_000

# Statuses that have a series of their own: the registered ones, that of a client that left, and those of a CDN in front
# of an upstream.  All others of a class share one, for an upstream may send any number.
OWN_SERIES = {*map(int, HTTPStatus), CLIENT_CLOSED_STATUS, *range(520, 528), 530}

_PAGE_BYTES = resource.getpagesize()
_STATM = Path("/proc/self/statm")

Series = defaultdict[Labels, float]
Sample = tuple[Labels, float]


class LookupCounts(Protocol):
    """What of a table's token cache is counted; both only grow."""

    hits: int
    misses: int


class Histogram:
    """Observations by bucket."""

    __slots__ = ("_counts", "_sum_s")

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._sum_s = 0.0

    def observe(self, value_s: float) -> None:
        self._counts[bisect_left(BUCKETS_S, value_s)] += 1
        self._sum_s += value_s

    def take(self) -> Distribution:
        """What was observed since the last time."""
        taken = Distribution(tuple(self._counts), self._sum_s)
        self._reset()
        return taken


class TokenLookups:
    """The lookups in the token caches of one table after the other."""

    def __init__(self) -> None:
        self._cache: LookupCounts | None = None
        # What earlier caches counted, less what was taken already.
        self._hits = self._misses = 0

    def follow(self, cache: LookupCounts) -> None:
        """Count in this cache from now on; what the last one counted is not lost."""
        if self._cache is not None:
            self._hits += self._cache.hits
            self._misses += self._cache.misses
        self._hits -= cache.hits
        self._misses -= cache.misses
        self._cache = cache

    def take(self) -> tuple[int, int]:
        """Hits and misses since the last time."""
        if self._cache is None:
            return 0, 0
        hits, misses = self._cache.hits, self._cache.misses
        taken = self._hits + hits, self._misses + misses
        self._hits, self._misses = -hits, -misses
        return taken


class Counters:
    """An observer of the proxy that counts, and is emptied by `take`."""

    def __init__(self, *, reports_routes: bool = True) -> None:
        self._reports_routes = reports_routes
        counted = [metric for metric in METRICS if metric.merge is Merge.ALL]
        self._counts = {metric: Series(int) for metric in counted if metric.kind is Kind.COUNTER}
        self._upstream_latency = Histogram()
        self.durations = RouteDurations()
        self._connections = 0
        self._token_lookups = TokenLookups()
        self._cpu_s_taken = 0.0
        # Looked up here once, for they are on the path of every request.
        self._requests, self._denials = self._counts[definitions.REQUESTS], self._counts[definitions.DENIALS]
        self._observe_duration, self._observe_latency = self.durations.observe, self._upstream_latency.observe

    def request_done(self, record: RequestRecord) -> None:
        self._requests[record.route, record.status] += 1
        if record.reason:
            self._denials[record.reason,] += 1
        self._observe_duration(record.route, record.duration_s)
        if record.upstream_latency_s is not None:
            self._observe_latency(record.upstream_latency_s)

    def connection_opened(self) -> None:
        self._connections += 1

    def connection_closed(self) -> None:
        self._connections -= 1

    def count(self, metric: Metric, *labels: str | int, by: float = 1) -> None:
        """Count an event, or several."""
        self._counts[metric][labels] += by

    def follow_token_cache(self, cache: LookupCounts) -> None:
        self._token_lookups.follow(cache)

    def take(self, *, held_bytes: int = 0) -> WorkerReport:
        """Return what was counted since the last time, and how things are now."""
        hits, misses = self._token_lookups.take()
        self.count(definitions.TOKEN_CACHE_HITS, by=hits)
        self.count(definitions.TOKEN_CACHE_MISSES, by=misses)
        self.count(definitions.CPU_SECONDS, by=self._take_cpu_s())
        now = {
            definitions.CONNECTIONS: self._connections,
            definitions.CONNECTION_MEMORY: held_bytes,
            definitions.RESIDENT_MEMORY: _resident_bytes(),
        }
        counts = {metric.name: _take(series) for metric, series in self._counts.items() if series}
        requests = counts.get(definitions.REQUESTS.name, ())
        if requests:
            counts[definitions.REQUESTS.name] = tuple(map(_fold_status, requests))
        durations, by_route = self.durations.take()
        return WorkerReport(
            counts=counts,
            histograms={
                definitions.REQUEST_DURATION.name: durations,
                definitions.UPSTREAM_LATENCY.name: self._upstream_latency.take(),
            },
            gauges={metric.name: value for metric, value in now.items()},
            routes=by_route if self._reports_routes else RouteReport(),
        )

    @property
    def has_more(self) -> bool:
        """Whether the last message did not hold everything."""
        return self.durations.has_more or any(self._counts.values())

    def _take_cpu_s(self) -> float:
        now = time.process_time()
        taken = now - self._cpu_s_taken
        self._cpu_s_taken = now
        return taken


def _take(series: Series) -> tuple[Sample, ...]:
    """Take as many as fit into a message, the oldest first."""
    return tuple((labels, series.pop(labels)) for labels in list(itertools.islice(series, SERIES_PER_MESSAGE)))


def _fold_status(sample: Sample) -> Sample:
    """Count a status of no series of its own under its class, such as `4xx`."""
    (route, status), count = sample
    return sample if status in OWN_SERIES else ((route, f"{int(status) // 100}xx"), count)


def _resident_bytes() -> int:
    return int(_STATM.read_text().split()[1]) * _PAGE_BYTES
