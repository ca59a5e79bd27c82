"""Adds up what the workers have counted, those that are gone included.

A counter must never go down: what a dead worker had counted stays.  How the
totals are shown belongs in `prometheus`.
"""

from __future__ import annotations

from collections import defaultdict

from .counters import BUCKETS_S
from .worker_messages import Distribution, WorkerReport

# Routes come and go with reloads, their counts stay.  Beyond this many series new ones are counted under `OTHER`, so
# that a process which runs for years does not grow.
SERIES_MAX = 50_000
OTHER = "other"


class HistogramTotals:
    """A histogram's buckets and sum over all workers."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.sum_s = 0.0

    def add(self, part: Distribution) -> None:
        self.counts = [total + count for total, count in zip(self.counts, part.counts, strict=True)]
        self.sum_s += part.sum_s


class Totals:
    """The sums since the supervisor started."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, int], int] = {}
        self.upstream_errors: dict[tuple[str, str], int] = {}
        self.denials: defaultdict[str, int] = defaultdict(int)
        self.reloads: defaultdict[str, int] = defaultdict(int)
        self.certificate_reloads: defaultdict[str, int] = defaultdict(int)
        self.handshakes: defaultdict[str, int] = defaultdict(int)
        self.evictions: defaultdict[str, int] = defaultdict(int)
        self.duration = HistogramTotals()
        self.upstream_latency = HistogramTotals()
        self.token_cache_hits = 0
        self.token_cache_misses = 0
        self.log_lines_dropped = 0
        self.cpu_s = 0.0

    def add(self, counted: WorkerReport) -> None:
        """Add one worker's counts."""
        for route, status, count in counted.requests:
            key = (route, status) if self._has_room(self.requests, (route, status)) else (OTHER, status)
            self.requests[key] = self.requests.get(key, 0) + count
        for upstream, kind, count in counted.upstream_errors:
            error = (upstream, kind) if self._has_room(self.upstream_errors, (upstream, kind)) else (OTHER, kind)
            self.upstream_errors[error] = self.upstream_errors.get(error, 0) + count
        _add(self.denials, counted.denials)
        _add(self.reloads, counted.reloads)
        _add(self.certificate_reloads, counted.certificate_reloads)
        _add(self.handshakes, counted.handshakes)
        _add(self.evictions, counted.evictions)
        self.duration.add(counted.duration)
        self.upstream_latency.add(counted.upstream_latency)
        self.token_cache_hits += counted.token_cache_hits
        self.token_cache_misses += counted.token_cache_misses
        self.log_lines_dropped += counted.log_lines_dropped
        self.cpu_s += counted.cpu_s

    @staticmethod
    def _has_room(series: dict[tuple[str, int], int] | dict[tuple[str, str], int], key: object) -> bool:
        return key in series or len(series) < SERIES_MAX


def _add(totals: defaultdict[str, int], counts: dict[str, int]) -> None:
    for name, count in counts.items():
        totals[name] += count
