"""The request's half of an exchange: bodies that are too large for their route."""

from __future__ import annotations

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HEAD = b"POST /small HTTP/1.1\r\nHost: h\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TEN = b"a\r\n0123456789\r\n"
ONE = b"1\r\nx\r\n"
END = b"0\r\n\r\n"
TOO_LARGE = (413, "body_too_large")


def test_a_length_that_is_too_large_reaches_no_upstream(port, client):
    """It is refused by the head alone, before an upstream is connected to and without waiting for the body."""
    client.send(HEAD + b"Content-Length: 11\r\n\r\n")
    assert ([413], [TOO_LARGE], []) == (client.statuses(), port.outcomes(), port.loop.dials)
    assert client.transport.said_eof


def test_a_client_that_asks_first_gets_no_100(port, client):
    """A body that is refused is not sent for."""
    client.send(HEAD + b"Content-Length: 11\r\nExpect: 100-continue\r\n\r\n")
    assert ([413], []) == (client.statuses(), port.loop.dials)


@pytest.mark.parametrize(
    "body", [b"Content-Length: 10\r\n\r\n0123456789", b"Transfer-Encoding: chunked\r\n\r\n" + TEN + END]
)
def test_a_body_as_large_as_it_may_be_passes(port, client, body):
    """The framing of chunks does not count."""
    client.send(HEAD + body)
    assert b"0123456789" in port.upstream.transport.take()
    port.answer(OK)
    assert ([200], False) == (client.statuses(), client.transport.said_eof)


@pytest.mark.parametrize("pieces", [[TEN, ONE], [TEN + b"1\r\n", b"x"], [b"a\r\n01234", b"56789\r\n" + ONE + END]])
def test_chunks_are_counted_as_they_come(port, client, pieces):
    """A request body limit is counted while streaming: nothing beyond it was sent, and the body gets no end."""
    client.send(CHUNKED)
    for piece in pieces:
        client.send(piece)
    sent = port.upstream.transport.take()
    assert (False, False, "abort") == (b"x" in sent, sent.endswith(END), port.upstream.transport.end)
    assert ([413], [TOO_LARGE]) == (client.statuses(), port.outcomes())


def test_chunks_that_are_too_large_at_once_reach_no_upstream(port, client):
    """Idle connections are not spent on them; where all of the body has come, the client's may go on."""
    client.get("/")
    port.answer(OK)
    idle, _ = port.upstream, client.statuses()
    client.send(CHUNKED + TEN + ONE + END)
    assert ([413], "", False) == (client.statuses(), idle.transport.end, client.transport.said_eof)
    idle.transport.take()
    client.get("/")
    assert idle.transport.take().startswith(b"GET / ")


def test_chunks_are_counted_while_connecting(port, client):
    """The answer does not wait for an upstream, and the connection is kept for another request."""
    port.loop.pending = port.loop.create_future()
    client.send(CHUNKED + TEN)
    assert not client.statuses()
    client.send(ONE)
    assert [413] == client.statuses()
    port.loop.call(port.loop.pending.set_result, None)
    assert (b"", "") == (port.upstream.transport.take(), port.upstream.transport.end)


def test_a_response_that_has_begun_is_cut(port, client):
    """There is one response, so it must not look whole."""
    client.send(CHUNKED + TEN)
    port.answer(OK[:-1])
    client.send(ONE)
    assert ([200], "abort") == (client.statuses(), port.upstream.transport.end)
    assert [(200, "body_too_large")] == port.outcomes()
    assert client.transport.said_eof or client.transport.end


def test_a_body_that_is_too_large_leaves_nothing_in_memory(port, client):
    """However much a client sends behind its 413, nothing is kept of it."""
    client.send(CHUNKED)
    client.send(TEN + ONE)
    for _ in range(100):
        client.send(b"x" * 10_000)
    assert client.connection.exchange is None
    assert client.connection.weight().size_bytes < 20_000


def test_the_gateway_bounds_what_routes_allow(make_port):
    """The smaller of both counts, and the gateway's where a route has none."""
    port = make_port(body_bytes_max=5)
    for target, length, status in (("/", 6, 413), ("/", 5, None), ("/small", 6, 413)):
        client = port.client().send(f"POST {target} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n".encode())
        assert ([status] if status else []) == client.statuses()


def test_a_tunnel_has_no_body(port, client):
    """What follows an upgrade is another protocol, as large as it likes to be."""
    client.get("/small", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    port.answer(b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    port.upstream.transport.take()
    client.send(b"x" * 1_000)
    assert b"x" * 1_000 == port.upstream.transport.take()
