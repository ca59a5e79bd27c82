"""The observer that stands before two."""

from __future__ import annotations

from types import SimpleNamespace

from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.definitions import CONNECTIONS, REQUESTS, UPSTREAM_ERRORS
from postern_dataplane.telemetry.fan_out import FanOutObserver


def test_a_request_is_counted_and_logged():
    """Both see the same record."""
    logged = []
    counters = Counters()
    observer = FanOutObserver(counters, SimpleNamespace(request_done=logged.append))
    record = SimpleNamespace(route="a", status=200, reason="", duration_s=0.0, upstream_latency_s=None)
    observer.request_done(record)
    assert ([record], ((("a", 200), 1),)) == (logged, counters.take().counts[REQUESTS.name])


def test_everything_else_is_counted():
    """Connections, and what happens beside requests."""
    counters = Counters()
    observer = FanOutObserver(counters, None)
    observer.connection_opened()
    observer.connection_opened()
    observer.connection_closed()
    observer.count(UPSTREAM_ERRORS, "app", "reset")
    taken = counters.take()
    assert (1, ((("app", "reset"), 1),)) == (taken.gauges[CONNECTIONS.name], taken.counts[UPSTREAM_ERRORS.name])
