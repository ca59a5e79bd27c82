"""Adds up what the workers have counted, those that are gone included.

A counter must never go down: what a dead worker had counted stays.  How the
totals are shown belongs in `prometheus`.
"""

from __future__ import annotations

from .definitions import METRICS, Kind, Labels, Merge
from .route_latency import OTHER, HistogramTotals, RouteTotals
from .worker_messages import WorkerReport

# Routes come and go with reloads, their counts stay.  Beyond this many series of a metric new ones are counted under
# `OTHER`, so that a process which runs for years does not grow.
SERIES_MAX = 50_000


class Totals:
    """The sums since the supervisor started, by the name of the metric."""

    def __init__(self, routes_max: int = 0) -> None:
        self.routes = RouteTotals(routes_max)
        summed = [metric for metric in METRICS if metric.merge is Merge.ALL]
        self.counts: dict[str, dict[Labels, float]] = {
            metric.name: dict.fromkeys(metric.initial, 0) for metric in summed if metric.kind is Kind.COUNTER
        }
        self.histograms = {metric.name: HistogramTotals() for metric in summed if metric.kind is Kind.HISTOGRAM}

    def add(self, counted: WorkerReport) -> None:
        """Add one worker's counts."""
        for name, samples in counted.counts.items():
            series = self.counts[name]
            for labels, count in samples:
                key = labels if labels in series or len(series) < SERIES_MAX else (OTHER, *labels[1:])
                series[key] = series.get(key, 0) + count
        for name, part in counted.histograms.items():
            self.histograms[name].add(part)
        self.routes.add(counted.routes)
