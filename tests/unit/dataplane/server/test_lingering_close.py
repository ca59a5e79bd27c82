"""The end of a connection: said, and then read on for a moment."""

from __future__ import annotations

from postern_dataplane.server.lingering_close import LINGER_BYTES_MAX, LINGER_S

BAD = b"nonsense\r\n\r\n"


def test_a_connection_that_is_over_is_read_for_a_moment(client, port):
    """The kernel would throw away an answer that lies behind unread bytes."""
    client.send(BAD)
    assert (LINGER_S, "") == (client.connection.deadline.at - port.loop.now, client.transport.end)
    client.send(b"x" * 1000)
    client.expire()
    assert "close" == client.transport.end


def test_a_connection_that_is_over_takes_no_flood(client):
    """It is dropped then."""
    client.send(BAD)
    for _ in range(LINGER_BYTES_MAX // 2**18):
        client.send(b"x" * 2**18)
    assert "" == client.transport.end
    client.send(b"x")
    assert "abort" == client.transport.end


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
