"""Sums over workers."""

from __future__ import annotations

from postern_dataplane.telemetry import totals
from postern_dataplane.telemetry.definitions import CPU_SECONDS, DENIALS, RELOADS, REQUEST_DURATION, REQUESTS, Metric
from postern_dataplane.telemetry.route_latency import OTHER
from postern_dataplane.telemetry.totals import Totals
from postern_dataplane.telemetry.worker_messages import Distribution, WorkerReport


def sums(metric: Metric, *parts):
    """Return the totals of a counter after messages with these samples."""
    total = Totals()
    for part in parts:
        total.add(WorkerReport(counts={metric.name: part}, histograms={}, gauges={}))
    return total.counts[metric.name]


def test_series_add_up():
    """Those of both workers, and those of one."""
    both = sums(REQUESTS, ((("a", 200), 1), (("a", 404), 1)), ((("a", 200), 2),))
    assert {("a", 200): 3, ("a", 404): 1} == both


def test_a_series_is_there_from_the_start_or_from_its_first_event():
    """A counter without labels, and one whose results are known, begin with zero."""
    assert ({(): 0}, {("loaded",): 0, ("refused",): 0}, {}) == (sums(CPU_SECONDS), sums(RELOADS), sums(DENIALS))


def test_plain_counts_add_up():
    """They are series without a label."""
    assert {(): 4} == sums(CPU_SECONDS, (((), 1.5),), (((), 2.5),))


def test_distributions_add_up():
    """Bucket by bucket."""
    part = {REQUEST_DURATION.name: Distribution(tuple(range(16)), 2.5)}
    total = Totals()
    for _ in range(2):
        total.add(WorkerReport(counts={}, histograms=part, gauges={}))
    summed = total.histograms[REQUEST_DURATION.name]
    assert ([2 * n for n in range(16)], 5.0) == (summed.counts, summed.sum_s)


def test_routes_that_come_and_go_do_not_grow_for_ever(monkeypatch):
    """Beyond the bound new ones share a series; no count is lost."""
    monkeypatch.setattr(totals, "SERIES_MAX", 1)
    part = ((("a", 200), 1), (("b", 200), 1), (("c", 200), 1), (("a", 200), 1))
    assert {("a", 200): 2, (OTHER, 200): 2} == sums(REQUESTS, part)
