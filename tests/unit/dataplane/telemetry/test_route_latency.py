"""The durations of requests by route: what a worker reports, and how many series they become."""

from __future__ import annotations

import msgspec
import pytest

from postern_dataplane.telemetry import route_latency
from postern_dataplane.telemetry.route_latency import OTHER, ROUTE_BUCKETS_S, RouteDurations, RouteTotals
from postern_dataplane.telemetry.worker_messages import LINE_BYTES_MAX, Distribution, RouteReport

ONE = Distribution((1, *[0] * len(ROUTE_BUCKETS_S)), 0.001)


def reported(durations):
    """How many requests of each route the next message has, and which routes are gone."""
    _, report = durations.take()
    return {route: sum(one.counts) for route, one in report.durations.items()}, report.gone


def series(totals):
    return {route: sum(one.counts) for route, one in totals.of.items()}


@pytest.mark.parametrize(
    ("value_s", "bucket"), [(0.0, 0), (0.005, 0), (0.0051, 1), (0.25, 3), (10.0, 7), (10.1, 8), (61.0, 8)]
)
def test_a_route_has_fewer_buckets_with_the_same_bounds(value_s, bucket):
    """A bucket holds what is at most its bound, and the last bucket holds what is above all bounds."""
    durations = RouteDurations()
    durations.observe("a/b", value_s)
    total, report = durations.take()
    expected = [0] * (len(ROUTE_BUCKETS_S) + 1)
    expected[bucket] = 1
    assert {"a/b": Distribution(tuple(expected), value_s)} == report.durations
    assert (1, value_s) == (sum(total.counts), total.sum_s)


def test_all_together_are_the_sum_over_the_routes():
    """Requests of no route count too."""
    durations = RouteDurations()
    for route in ("a/b", "a/c", ""):
        durations.observe(route, 0.5)
    total, _ = durations.take()
    assert (3, 1.5) == (sum(total.counts), total.sum_s)
    assert (0, RouteReport()) == (sum(durations.take()[0].counts), durations.take()[1])


def test_a_route_that_is_gone_is_reported_once():
    """The series of a route disappears with the route, and those that are served stay."""
    durations = RouteDurations()
    for route in ("a/b", "a/c", ""):
        durations.observe(route, 0.5)
    durations.take()
    durations.follow("a/c".__eq__)
    assert [({}, ("a/b",)), ({}, ())] == [reported(durations), reported(durations)]


def test_a_request_that_ends_after_its_route_brings_no_series_back():
    """It is counted with the others."""
    durations = RouteDurations()
    durations.follow("a/c".__eq__)
    for route in ("a/b", "a/c"):
        durations.observe(route, 0.5)
    assert ({OTHER: 1, "a/c": 1}, ()) == reported(durations)


def test_a_message_holds_so_many_routes_only(monkeypatch):
    """The rest, and the rest of those that are gone, goes with the next message."""
    monkeypatch.setattr(route_latency, "ROUTES_PER_MESSAGE", 2)
    durations = RouteDurations()
    for route in ("a/1", "a/2", "a/3"):
        durations.observe(route, 0.5)
    assert [(2, True), (1, False)] == [(len(reported(durations)[0]), durations.has_more) for _ in range(2)]
    durations.follow("a/0".__eq__)
    assert [2, 1, 0] == [len(reported(durations)[1]) for _ in range(3)]


def test_the_largest_message_is_one_that_can_be_received():
    """Twenty thousand routes with the longest names, called and gone within a second."""
    durations = RouteDurations()
    names = [f"{'n' * 63}/{'r' * 240}{number}" for number in range(20_000)]
    for _ in range(10):
        for name in names:
            durations.observe(name, 0.5)
        durations.take()
    durations.follow("a/0".__eq__)
    assert len(msgspec.json.encode(durations.take()[1])) < LINE_BYTES_MAX / 2


def test_the_first_routes_have_a_series_of_their_own_and_the_others_share_one():
    """A hundred thousand routes leave three rows, and no request is lost."""
    totals = RouteTotals(2)
    for number in range(100_000):
        totals.add(RouteReport({f"a/{number}": ONE}))
    assert {"a/0": 1, "a/1": 1, OTHER: 99_998} == series(totals)


def test_a_route_that_is_gone_makes_room_for_another():
    """What it counted is dropped with it; no route at all has a series beside the bound."""
    totals = RouteTotals(1)
    totals.add(RouteReport({"a/1": ONE, "": ONE}))
    totals.add(RouteReport({"a/2": ONE}, gone=("a/1", "a/3")))
    assert {"": 1, OTHER: 1} == series(totals)
    totals = RouteTotals(2)
    totals.add(RouteReport({"a/1": ONE, "a/2": ONE}))
    totals.add(RouteReport({"a/3": ONE}, gone=("a/1",)))
    assert {"a/2": 1, "a/3": 1} == series(totals)


def test_without_a_bound_nothing_is_shown_by_route():
    """Without a bound there are no series of routes, not even of requests that no route took."""
    totals = RouteTotals(0)
    totals.add(RouteReport({"a/1": ONE, "": ONE}))
    assert {} == series(totals)
