"""What holds of every metric."""

from __future__ import annotations

from postern_dataplane.telemetry.definitions import METRICS, Kind, Merge


def test_a_metric_is_declared_once():
    """Messages and totals know it by its name."""
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)


def test_a_name_says_the_kind():
    """As Prometheus has it: a counter is a total, and nothing else is."""
    assert [] == [one.name for one in METRICS if one.name.endswith("_total") != (one.kind is Kind.COUNTER)]


def test_only_counts_are_summed_over_workers_that_have_ended():
    """A gauge says how things are, and a worker that has ended has nothing."""
    assert [] == [one.name for one in METRICS if one.kind is Kind.GAUGE and one.merge is Merge.ALL]


def test_a_series_that_is_shown_from_the_start_has_a_value_for_each_label():
    """A counter without labels has the one series that there is."""
    assert [] == [one.name for one in METRICS if any(len(labels) != len(one.labels) for labels in one.initial)]
