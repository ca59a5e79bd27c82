"""What a worker counts, and that taking empties it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from postern_dataplane.telemetry import counters, definitions
from postern_dataplane.telemetry.counters import Counters, Histogram, TokenLookups
from postern_dataplane.telemetry.definitions import METRICS, Kind, Merge
from postern_dataplane.telemetry.route_latency import BUCKETS_S
from postern_dataplane.telemetry.totals import Totals
from postern_dataplane.telemetry.worker_messages import Distribution


def request(route="demo/a", status=200, reason="", latency_s=0.5):
    return SimpleNamespace(route=route, status=status, reason=reason, duration_s=1.0, upstream_latency_s=latency_s)


def counted(*events):
    counting = Counters()
    for event in events:
        event(counting)
    return counting.take()


def series(report, metric):
    """Return what a message has of a counter."""
    return dict(report.counts.get(metric.name, ()))


def test_requests_are_counted_by_route_and_status():
    """Each pair is a series."""
    done = [request(), request(), request(status=404), request(route="")]
    taken = counted(*(lambda c, one=one: c.request_done(one) for one in done))
    assert {("demo/a", 200): 2, ("demo/a", 404): 1, ("", 200): 1} == series(taken, definitions.REQUESTS)


def test_statuses_that_an_upstream_invents_share_a_series():
    """An upstream that sends each status from 100 to 999 makes some eighty series of a route, not 900."""
    counting = Counters()
    for status in range(100, 1000):
        counting.request_done(request(status=status))
    total = Totals()
    total.add(counting.take())
    found = total.counts[definitions.REQUESTS.name]
    assert (900, True) == (sum(found.values()), len(found) < 90)
    assert (1, 1, 1) == tuple(found["demo/a", status] for status in (200, 499, 520))
    folded = {status for _, status in found if isinstance(status, str)}
    assert {f"{number}xx" for number in range(1, 10)} == folded


def test_a_refusal_is_counted_by_its_reason():
    """What came from an upstream has none."""
    taken = counted(lambda c: c.request_done(request(reason="bad_signature")), lambda c: c.request_done(request()))
    assert {("bad_signature",): 1} == series(taken, definitions.DENIALS)


def test_a_request_without_upstream_has_no_latency():
    """It would pull the distribution down."""
    taken = counted(lambda c: c.request_done(request(latency_s=None)))
    assert [1, 0] == [
        sum(taken.histograms[one.name].counts) for one in (definitions.REQUEST_DURATION, definitions.UPSTREAM_LATENCY)
    ]


def test_an_event_is_counted_by_its_labels():
    """One, or several at once."""
    events = [
        lambda c: c.count(definitions.UPSTREAM_ERRORS, "demo/app", "connect"),
        lambda c: c.count(definitions.EVICTIONS, "head"),
        lambda c: c.count(definitions.EVICTIONS, "head", by=2),
    ]
    taken = counted(*events)
    assert {("demo/app", "connect"): 1} == series(taken, definitions.UPSTREAM_ERRORS)
    assert {("head",): 3} == series(taken, definitions.EVICTIONS)


def test_a_message_has_all_histograms_and_gauges_of_a_worker():
    """Nothing that is declared is forgotten; counters come with their first event."""
    taken = counted()
    assert taken.histograms.keys() == {one.name for one in METRICS if one.kind is Kind.HISTOGRAM and not one.labels}
    assert taken.gauges.keys() == {one.name for one in METRICS if one.merge is Merge.RUNNING}


def test_connections_are_a_state_and_stay_when_taken():
    """Two opened, one closed."""
    counting = Counters()
    counting.connection_opened()
    counting.connection_opened()
    counting.connection_closed()
    assert [1, 1] == [counting.take().gauges[definitions.CONNECTIONS.name] for _ in range(2)]


def test_taking_empties():
    """Nothing is counted twice."""
    counting = Counters()
    counting.request_done(request(reason="x"))
    counting.take()
    again = counting.take()
    assert ({}, {}) == (series(again, definitions.REQUESTS), series(again, definitions.DENIALS))
    assert 0 == sum(again.histograms[definitions.REQUEST_DURATION.name].counts)


def test_a_message_holds_so_many_series_only(monkeypatch):
    """The rest goes with the next one."""
    monkeypatch.setattr(counters, "SERIES_PER_MESSAGE", 2)
    counting = Counters()
    for route in "abc":
        counting.request_done(request(route=route))
    found = [(len(series(counting.take(), definitions.REQUESTS)), counting.has_more) for _ in range(3)]
    assert [(2, True), (1, False), (0, False)] == found


@pytest.mark.parametrize(("value_s", "bucket"), [(0.0, 0), (0.001, 0), (0.0011, 1), (60.0, 14), (61.0, 15)])
def test_a_value_on_a_bound_counts_below_it(value_s, bucket):
    """As `le` means it; the last bucket is for what is above all bounds."""
    histogram = Histogram()
    histogram.observe(value_s)
    expected = [0] * (len(BUCKETS_S) + 1)
    expected[bucket] = 1
    assert Distribution(tuple(expected), value_s) == histogram.take()


def test_lookups_are_counted_across_tables():
    """What the old table counted after the last time is not lost, and what the new one brings is not counted twice."""
    old, new = SimpleNamespace(hits=5, misses=1), SimpleNamespace(hits=0, misses=0)
    lookups = TokenLookups()
    lookups.follow(old)
    old.hits += 2
    taken = [lookups.take()]
    old.hits += 3
    lookups.follow(new)
    new.misses += 4
    assert [(2, 0), (3, 4), (0, 0)] == [*taken, lookups.take(), lookups.take()]


def test_without_a_table_there_are_no_lookups():
    """A worker counts before its first snapshot."""
    assert (0, 0) == TokenLookups().take()


@pytest.mark.parametrize(("reports_routes", "routes"), [(True, ["demo/a"]), (False, [])])
def test_a_message_has_the_durations_by_route_where_they_are_shown(reports_routes, routes):
    """All requests together have theirs anyway."""
    counting = Counters(reports_routes=reports_routes)
    counting.request_done(request())
    taken = counting.take()
    assert (routes, 1) == (
        list(taken.routes.durations),
        sum(taken.histograms[definitions.REQUEST_DURATION.name].counts),
    )


def test_cpu_time_and_memory_are_told():
    """Time since the last message, memory as it is."""
    taken = Counters().take()
    assert series(taken, definitions.CPU_SECONDS)[()] > 0
    assert taken.gauges[definitions.RESIDENT_MEMORY.name] > 2**20
