"""The observer that stands before two."""

from __future__ import annotations

from types import SimpleNamespace

from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.fan_out import FanOutObserver


def test_a_request_is_counted_and_logged():
    """Both see the same record."""
    logged = []
    counters = Counters()
    observer = FanOutObserver(counters, SimpleNamespace(request_done=logged.append))
    record = SimpleNamespace(route="a", status=200, reason="", duration_s=0.0, upstream_latency_s=None)
    observer.request_done(record)
    assert ([record], (("a", 200, 1),)) == (logged, counters.take().requests)


def test_everything_else_is_counted():
    """Connections, handshakes and upstream errors."""
    counters = Counters()
    observer = FanOutObserver(counters, None)
    observer.connection_opened()
    observer.connection_opened()
    observer.connection_closed()
    observer.upstream_error("app", "reset")
    observer.handshake_ended("done")
    observer.evicted("idle")
    taken = counters.take()
    assert (1, (("app", "reset", 1),)) == (taken.connections, taken.upstream_errors)
    assert ({"done": 1}, {"idle": 1}) == (taken.handshakes, taken.evictions)
