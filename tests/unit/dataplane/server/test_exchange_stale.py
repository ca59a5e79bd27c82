"""A request that met a connection which the upstream had closed already."""

from __future__ import annotations

import pytest

from postern_dataplane.upstream.connection import UpstreamConnection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HEAD = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture
def stale(port, client, monkeypatch):
    """A client whose next request meets such a connection."""
    monkeypatch.setattr(UpstreamConnection, "_knows_nothing", lambda it: it._was_idle)
    client.get()
    port.answer(OK)
    client.take()
    return client


def end(port):
    """The end of the first connection comes."""
    connection = port.loop.dialled[0]
    port.loop.call(connection.eof_received)
    port.loop.call(connection.connection_lost, None)


@pytest.mark.parametrize("parts", [[HEAD + b"hello"], [HEAD, b"hello"], [HEAD, b"he", b"llo"]])
def test_it_is_sent_again_whole(port, stale, parts):
    """Body and all, on a new connection, with a method that is not idempotent; no byte of it was processed."""
    for part in parts:
        stale.send(part)
    end(port)
    sent = port.loop.dialled[1].transport.written
    assert (sent.startswith(b"POST /p "), sent.endswith(b"\r\n\r\nhello")) == (True, True)
    port.answer(OK)
    assert [200] == stale.statuses()
    assert [("Service/demo/app", "stale")] == port.observer.errors


def test_what_is_still_to_come_of_the_body_follows(port, stale):
    """The request goes on as if there had been no other connection."""
    stale.send(HEAD + b"he")
    end(port)
    stale.send(b"llo")
    port.answer(OK)
    assert port.loop.dialled[1].transport.written.endswith(b"\r\n\r\nhello")
    assert [200] == stale.statuses()


def test_a_large_body_is_gone(port, stale):
    """It was not kept, and the client is told."""
    stale.send(HEAD.replace(b"5", b"70000"))
    stale.send(b"a" * 70_000)
    end(port)
    assert ([502], 1) == (stale.statuses(), len(port.loop.dialled))
    assert (502, "upstream_reset") == port.outcomes()[-1]


def test_the_time_in_which_another_connection_is_waited_for_is_not_the_clients(port, stale):
    """The least rate of a body is measured from when the new connection takes bytes."""
    stale.send(HEAD + b"he")
    port.loop.pass_time(17)
    port.loop.pending = port.loop.create_future()
    end(port)
    port.loop.pass_time(4)
    port.loop.pending.set_result(None)
    for _ in range(10):
        port.loop.pass_time(1)
    stale.send(b"llo")
    port.answer(OK)
    assert [200] == stale.statuses()


def test_a_body_is_kept_until_it_is_answered(port, stale):
    """A client that is sent a response for hours is not charged for its request all that time."""
    stale.send(HEAD + b"hello")
    exchange = stale.connection.exchange
    assert 5 == exchange.held_bytes
    port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\na")
    assert 0 == exchange.held_bytes
