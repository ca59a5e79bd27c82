"""How long connections without a request are kept, and when one is doubted."""

from __future__ import annotations

import pytest

from data_port import DIAL_POLICY
from postern_core.snapshot import Backend, Endpoint
from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.table.upstream import Upstream
from postern_dataplane.upstream.pool import DOUBTED_AFTER_S, ConnectionPool


@pytest.fixture
def idle(loop):
    """Keeps a connection that says this of itself; gives the pool and the connection."""

    def idle_(keep_alive_ms=None, said_s=None):
        backend = Backend(id="Service/demo/app", keep_alive_ms=keep_alive_ms)
        pool = ConnectionPool(
            Upstream(backend, (Endpoint(address="10.0.0.1", port=80),)), BackgroundTasks(), DIAL_POLICY
        )
        connection = loop.run_until_complete(pool.connect(None, []))
        connection.keep_alive_s = said_s
        pool.keep(connection, loop.now)
        return pool, connection

    return idle_


@pytest.mark.parametrize(
    ("keep_alive_ms", "said_s", "kept_s"),
    [(None, None, 55), (2_000, None, 2), (None, 5, 4), (None, 1, 0.5), (2_000, 75, 2), (500, 5, 0.5)],
)
def test_a_connection_is_kept_for_the_shorter_time(loop, idle, keep_alive_ms, said_s, kept_s):
    """The idle time that is set for the upstream, or what it says itself less what a request may take to reach it."""
    pool, connection = idle(keep_alive_ms, said_s)
    pool.close_old(loop.now + kept_s - 0.01)
    assert "" == connection.transport.end
    pool.close_old(loop.now + kept_s)
    assert ("abort", []) == (connection.transport.end, connection.host.idle)


@pytest.mark.parametrize(("keep_alive_ms", "said_s"), [(0, None), (None, 0)])
def test_a_connection_that_may_not_be_kept_is_closed(idle, keep_alive_ms, said_s):
    """At once."""
    _, connection = idle(keep_alive_ms, said_s)
    assert "abort" == connection.transport.end


def test_a_connection_that_is_too_old_is_not_used(loop, idle):
    """Though no sweep has closed it yet."""
    pool, connection = idle(2_000)
    assert (None, "abort") == (pool.idle_connection(connection.host, loop.now + 2), connection.transport.end)


@pytest.mark.parametrize(("idle_s", "is_used"), [(DOUBTED_AFTER_S / 2, True), (DOUBTED_AFTER_S, False)])
def test_an_end_that_was_not_read_yet_is_looked_for(loop, idle, monkeypatch, idle_s, is_used):
    """A connection that was hardly idle is not asked, so that under load this costs nothing."""
    monkeypatch.setattr("postern_dataplane.upstream.connection.has_ended", lambda _socket: True)
    pool, connection = idle()
    assert is_used is (pool.idle_connection(connection.host, loop.now + idle_s) is connection)
