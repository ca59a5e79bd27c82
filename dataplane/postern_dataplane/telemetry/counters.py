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
from pathlib import Path
from typing import Protocol, TypeVar

from .events import RequestRecord
from .worker_messages import Distribution, WorkerReport

# Upper bounds in seconds; a value on a bound counts below it, as Prometheus' `le` means.
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

# A message stays small even when 10,000 routes were called within one second; the rest goes with the next.
SERIES_PER_MESSAGE = 10_000

_PAGE_BYTES = resource.getpagesize()
_STATM = Path("/proc/self/statm")

Key = TypeVar("Key", int, str)


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

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._denials: defaultdict[str, int] = defaultdict(int)
        self._upstream_errors: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._reloads: defaultdict[str, int] = defaultdict(int)
        self._certificate_reloads: defaultdict[str, int] = defaultdict(int)
        self._evictions: defaultdict[str, int] = defaultdict(int)
        self._handshakes: defaultdict[str, int] = defaultdict(int)
        self._duration = Histogram()
        self._upstream_latency = Histogram()
        self._connections = 0
        self._token_lookups = TokenLookups()
        self._cpu_s_taken = 0.0

    def request_done(self, record: RequestRecord) -> None:
        self._requests[record.route, record.status] += 1
        if record.reason:
            self._denials[record.reason] += 1
        self._duration.observe(record.duration_s)
        if record.upstream_latency_s is not None:
            self._upstream_latency.observe(record.upstream_latency_s)

    def connection_opened(self) -> None:
        self._connections += 1

    def connection_closed(self) -> None:
        self._connections -= 1

    def handshake_ended(self, result: str) -> None:
        self._handshakes[result] += 1

    def evicted(self, kind: str) -> None:
        self._evictions[kind] += 1

    def upstream_error(self, upstream: str, kind: str) -> None:
        self._upstream_errors[upstream, kind] += 1

    def reload_ended(self, result: str) -> None:
        self._reloads[result] += 1

    def certificates_read(self, loaded: int, refused: int) -> None:
        self._certificate_reloads["loaded"] += loaded
        self._certificate_reloads["refused"] += refused

    def follow_token_cache(self, cache: LookupCounts) -> None:
        self._token_lookups.follow(cache)

    def take(self, *, log_lines_dropped: int = 0, held_bytes: int = 0) -> WorkerReport:
        """What was counted since the last time, and how things are now."""
        hits, misses = self._token_lookups.take()
        return WorkerReport(
            requests=_take_some(self._requests),
            denials=_take_all(self._denials),
            upstream_errors=_take_some(self._upstream_errors),
            reloads=_take_all(self._reloads),
            certificate_reloads=_take_all(self._certificate_reloads),
            handshakes=_take_all(self._handshakes),
            evictions=_take_all(self._evictions),
            duration=self._duration.take(),
            upstream_latency=self._upstream_latency.take(),
            token_cache_hits=hits,
            token_cache_misses=misses,
            log_lines_dropped=log_lines_dropped,
            cpu_s=self._take_cpu_s(),
            connections=self._connections,
            held_bytes=held_bytes,
            resident_bytes=_resident_bytes(),
        )

    def _take_cpu_s(self) -> float:
        now = time.process_time()
        taken = now - self._cpu_s_taken
        self._cpu_s_taken = now
        return taken


def _take_all(counts: defaultdict[str, int]) -> dict[str, int]:
    taken = dict(counts)
    counts.clear()
    return taken


def _take_some(counts: defaultdict[tuple[str, Key], int]) -> tuple[tuple[str, Key, int], ...]:
    """Take as many series as fit into a message, the oldest first."""
    keys = list(itertools.islice(counts, SERIES_PER_MESSAGE))
    return tuple((name, detail, counts.pop((name, detail))) for name, detail in keys)


def _resident_bytes() -> int:
    return int(_STATM.read_text().split()[1]) * _PAGE_BYTES
