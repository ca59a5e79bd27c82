"""The end of a connection: said, and then read on for a while."""

from __future__ import annotations

import pytest

from postern_dataplane.server.lingering_close import FLOOD_BYTES, FLOODS_MAX, LINGER_S, SILENCE_S

BAD = b"nonsense\r\n\r\n"


@pytest.fixture
def flood(client):
    """Sends more than is discarded for every client."""

    def flood_(by=client):
        for _ in range(FLOOD_BYTES // 2**18 + 1):
            by.send(b"x" * 2**18)

    return flood_


def test_a_connection_that_is_over_is_read_for_a_moment(client, port):
    """The kernel would throw away an answer that lies behind unread bytes."""
    client.send(BAD)
    assert (SILENCE_S, "") == (client.connection.deadline.at - port.loop.now, client.transport.end)
    client.expire()
    assert "close" == client.transport.end


def test_a_client_that_still_writes_is_read_on(client):
    """For a time and not for a number of bytes, so that one that writes all of its request first reads the response."""
    client.send(BAD)
    for _ in range(int(LINGER_S / SILENCE_S)):
        client.send(b"x" * 2**20)
        assert "" == client.transport.end
        client.expire()
    assert "close" == client.transport.end


def test_a_client_that_stops_writing_is_read_no_longer(client):
    """Whatever it has sent before."""
    client.send(BAD)
    client.send(b"x")
    client.expire()
    assert "" == client.transport.end
    client.expire()
    assert "close" == client.transport.end


def test_a_flood_of_one_client_is_discarded(client, port, flood):
    """It has one of the places that a worker has for floods, until it ends."""
    client.send(BAD)
    flood()
    assert ("", 1) == (client.transport.end, len(port.gateway.floods))
    port.loop.call(client.transport.abort)
    assert set() == port.gateway.floods


def test_floods_have_a_number(client, port, flood):
    """Clients without a token can't keep a worker busy with what nobody reads."""
    port.gateway.floods |= {object() for _ in range(FLOODS_MAX)}
    client.send(BAD)
    flood()
    assert "abort" == client.transport.end


def test_a_flood_that_tls_discards_counts_too(client, port, monkeypatch):
    """The layer discards what comes after its own end, and the system says how much that is."""
    come = [0]
    monkeypatch.setattr("postern_dataplane.server.lingering_close.received_bytes", lambda _socket: come[0])
    client.transport._extra["ssl_object"] = object()
    client.send(BAD)
    come[0] = FLOOD_BYTES + 1
    client.expire()
    assert ("", 1) == (client.transport.end, len(port.gateway.floods))
    port.gateway.floods |= {object() for _ in range(FLOODS_MAX)}
    other = port.client()
    other.transport._extra["ssl_object"] = object()
    other.send(BAD)
    come[0] += FLOOD_BYTES + 1
    other.expire()
    assert "close" == other.transport.end


def test_one_that_has_to_go_is_read_no_longer(client, port):
    """Bytes that come meanwhile prolong nothing."""
    client.send(BAD)
    port.loop.call(client.connection._lingering_close.end, port.loop.now)
    client.send(b"x")
    client.expire()
    assert "close" == client.transport.end


def test_a_client_that_takes_its_answer_slowly_has_time(client, port):
    """As long as it takes something."""
    client.transport.unsent = 100
    client.send(BAD)
    assert 60.0 == client.connection.deadline.at - port.loop.now
    client.transport.unsent = 50
    client.expire()
    assert "" == client.transport.end
    client.expire()
    assert "abort" == client.transport.end
