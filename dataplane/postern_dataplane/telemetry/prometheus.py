"""The metrics as Prometheus reads them.

The numbers come from the totals of the worker pool, so that they are right across workers.  What the metrics are
belongs in `definitions`, counting in `counters`, adding up in `totals`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from postern_dataplane.speedups import HEADS

from . import definitions
from .definitions import METRICS, Kind, Labels, Merge, Metric
from .route_latency import BUCKETS_S, ROUTE_BUCKETS_S, HistogramTotals
from .worker_pool import WorkerPool

Samples = Iterable[tuple[Labels, float]]


class WorkerPoolCollector(Collector):
    """Turns the state of a worker pool into metrics, afresh at every scrape."""

    def __init__(self, worker_pool: WorkerPool) -> None:
        self._worker_pool = worker_pool

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            if metric.kind is Kind.HISTOGRAM:
                yield self._histogram(metric)
            else:
                of_kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
                family = of_kind(metric.name, metric.help, labels=metric.labels)
                for labels, value in self._samples(metric):
                    family.add_metric([*map(str, labels)], value)
                yield family

    def _samples(self, metric: Metric) -> Samples:
        if metric.merge is Merge.SUPERVISOR:
            return OF_SUPERVISOR[metric](self._worker_pool)
        if metric.merge is Merge.RUNNING:
            return [((), sum(worker.gauges.get(metric.name, 0) for worker in self._worker_pool.workers.values()))]
        return self._worker_pool.totals.counts[metric.name].items()

    def _histogram(self, metric: Metric) -> Family:
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        totals = self._worker_pool.totals
        if metric.merge is Merge.ROUTES:
            for route, summed in totals.routes.of.items():
                family.add_metric([route], _buckets(summed, ROUTE_BUCKETS_S), summed.sum_s)
        else:
            summed = totals.histograms[metric.name]
            family.add_metric([], _buckets(summed, BUCKETS_S), summed.sum_s)
        return family


def _buckets(summed: HistogramTotals, bounds_s: tuple[float, ...]) -> list[tuple[str, float]]:
    """The buckets as Prometheus has them: each holds everything up to its bound."""
    bounds = [*map(str, bounds_s), "+Inf"]
    return list(zip(bounds, itertools.accumulate(summed.counts), strict=True))


def expose(worker_pool: WorkerPool, accept: str) -> tuple[bytes, str]:
    """Return the metrics in a format that an Accept header asks for, and the Content-Type of it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(WorkerPoolCollector(worker_pool))
    encode, content_type = exposition.choose_encoder(accept)
    return encode(registry), content_type


def _version() -> str:
    try:
        return version("postern-gateway")
    except PackageNotFoundError:
        # Run from a source tree that is not installed.
        return "unknown"


def _snapshot_age(worker_pool: WorkerPool) -> Samples:
    """Return nothing where there is no snapshot: zero would look like one that was just loaded."""
    serving = worker_pool.serving
    return [((), max(0.0, time.time() - min(one.loaded_at for one in serving)))] if serving else []


OF_SUPERVISOR: dict[Metric, Callable[[WorkerPool], Samples]] = {
    definitions.SNAPSHOT_INFO: lambda pool: [((digest,), 1) for digest in sorted({it.digest for it in pool.serving})],
    definitions.SNAPSHOT_AGE: _snapshot_age,
    definitions.CERTIFICATE_EXPIRY: lambda pool: [((name,), end) for name, end in sorted(pool.certificates.items())],
    definitions.LISTENER_PORTS: lambda pool: [((port,), not error) for port, error in pool.ports.items()],
    definitions.WORKERS: lambda pool: [((), len(pool.workers))],
    definitions.WORKER_RESTARTS: lambda pool: [((), pool.restarts)],
    definitions.BUILD_INFO: lambda _pool: [((_version(), "false" if HEADS is None else "true"), 1)],
}
