"""The metrics as Prometheus reads them: every name, its labels and its help.

The numbers come from the fleet's totals, so that they are right across
workers.  Counting belongs in `counters`, adding up in `totals`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from prometheus_client import CollectorRegistry, exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .counters import BUCKETS_S
from .totals import HistogramTotals
from .worker_pool import WorkerPool


class WorkerPoolCollector(Collector):
    """Turns a fleet's state into metrics, afresh at every scrape."""

    def __init__(self, worker_pool: WorkerPool) -> None:
        self._worker_pool = worker_pool

    def collect(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._upstreams()
        yield from self._snapshot()
        yield from self._tls()
        yield from self._workers()

    def _requests(self) -> Iterator[Metric]:
        totals = self._worker_pool.totals
        yield _by_two(
            "postern_requests_total",
            "Requests answered, by route (namespace/name, empty where none matched) and status.",
            ("route", "status"),
            totals.requests,
        )
        yield _by_one("postern_denials_total", "Requests refused by the gateway itself.", "reason", totals.denials)
        yield _histogram(
            "postern_request_duration_seconds",
            "From a request's first byte to the last byte of its answer.",
            totals.duration,
        )
        yield _counter(
            "postern_token_cache_hits_total", "Tokens whose verification was remembered.", totals.token_cache_hits
        )
        yield _counter("postern_token_cache_misses_total", "Tokens that had to be verified.", totals.token_cache_misses)
        yield _counter(
            "postern_access_log_dropped_total",
            "Access log lines dropped because nobody took them from stdout.",
            totals.log_lines_dropped,
        )

    def _upstreams(self) -> Iterator[Metric]:
        totals = self._worker_pool.totals
        yield _histogram(
            "postern_upstream_latency_seconds",
            "From a request sent upstream to the head of the response.",
            totals.upstream_latency,
        )
        yield _by_two(
            "postern_upstream_errors_total",
            "Upstream failures, by upstream (the object it comes from) and kind.",
            ("upstream", "kind"),
            totals.upstream_errors,
        )

    def _snapshot(self) -> Iterator[Metric]:
        serving = self._worker_pool.serving
        info = GaugeMetricFamily("postern_snapshot_info", "The snapshots in force.", labels=["digest"])
        for digest in sorted({one.digest for one in serving}):
            info.add_metric([digest], 1)
        yield info
        # Only where there is one: an age of nothing would be a lie that no alert sees.
        age = GaugeMetricFamily("postern_snapshot_age_seconds", "Time since the last load, of the slowest worker.")
        if serving:
            age.add_metric([], max(0.0, time.time() - min(one.loaded_at for one in serving)))
        yield age
        yield _by_one(
            "postern_reloads_total",
            "Snapshots that workers took into force or refused; every worker counts its own.",
            "result",
            {"loaded": 0, "refused": 0, **self._worker_pool.totals.reloads},
        )

    def _tls(self) -> Iterator[Metric]:
        totals = self._worker_pool.totals
        ends = GaugeMetricFamily(
            "postern_certificate_expiry_timestamp_seconds",
            "When the certificate of a folder ends, in seconds since the epoch.",
            labels=["certificate"],
        )
        for folder, ends_at in sorted(self._worker_pool.certificates.items()):
            ends.add_metric([folder], ends_at)
        yield ends
        yield _by_one(
            "postern_certificate_reloads_total",
            "Certificates that workers took into force or refused; every worker counts its own.",
            "result",
            {"loaded": 0, "refused": 0, **totals.certificate_reloads},
        )
        yield _by_one("postern_tls_handshakes_total", "TLS handshakes, by how they ended.", "result", totals.handshakes)

    def _workers(self) -> Iterator[Metric]:
        worker_pool = self._worker_pool
        yield _gauge(
            "postern_connections",
            "Client connections open now.",
            sum(one.connections for one in worker_pool.workers.values()),
        )
        yield _gauge(
            "postern_connection_memory_bytes",
            "Memory held for client connections, as it is charged to them.",
            sum(one.held_bytes for one in worker_pool.workers.values()),
        )
        yield _by_one(
            "postern_evictions_total",
            "Connections ended because their memory was needed, by what they were doing.",
            "kind",
            worker_pool.totals.evictions,
        )
        yield _gauge("postern_workers", "Workers running now.", len(worker_pool.workers))
        yield _counter(
            "postern_worker_restarts_total", "Workers that ended unasked and were replaced.", worker_pool.restarts
        )
        yield _counter(
            "postern_cpu_seconds_total", "CPU time of all workers, user and system.", worker_pool.totals.cpu_s
        )
        resident = sum(one.resident_bytes for one in worker_pool.workers.values())
        yield _gauge("postern_resident_bytes", "Memory of all workers; pages they share count for each.", resident)
        build = GaugeMetricFamily("postern_build_info", "The version that runs.", labels=["version"])
        build.add_metric([_version()], 1)
        yield build


def expose(worker_pool: WorkerPool, accept: str) -> tuple[bytes, str]:
    """The metrics in a format that an Accept header asks for, and the Content-Type of it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(WorkerPoolCollector(worker_pool))
    encode, content_type = exposition.choose_encoder(accept)
    return encode(registry), content_type


def _version() -> str:
    try:
        return version("postern-gateway")
    except PackageNotFoundError:
        # Run from a source tree that nobody has installed.
        return "unknown"


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value=value)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _by_one(name: str, meaning: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _by_two(name: str, meaning: str, labels: tuple[str, str], counts: Mapping[tuple[str, Any], int]) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=labels)
    for (one, other), count in counts.items():
        family.add_metric([one, str(other)], count)
    return family


def _histogram(name: str, meaning: str, summed: HistogramTotals) -> Metric:
    # Prometheus' buckets hold everything up to their bound.
    bounds = [*map(str, BUCKETS_S), "+Inf"]
    buckets = list(zip(bounds, itertools.accumulate(summed.counts), strict=True))
    return HistogramMetricFamily(name, meaning, buckets=buckets, sum_value=summed.sum_s)
