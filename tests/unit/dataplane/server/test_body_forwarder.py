"""A request's body on its way upstream: how long each client may take for it."""

from __future__ import annotations

import pytest

HEAD = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"
CHUNKED = b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
IDLE_S = 20  # of the upstream


def trickle(port, client, piece, *, every_s, for_s):
    """Send a piece again and again until the gateway answers or the time is over; gives how long it went."""
    began = port.loop.now
    while port.loop.now - began < for_s and not client.transport.said_eof:
        client.send(piece)
        port.loop.pass_time(every_s)
    return port.loop.now - began


@pytest.mark.parametrize(
    ("head", "piece"),
    [(HEAD, b"a"), (CHUNKED, b"1\r\na\r\n"), (CHUNKED + b"1;x=", b"a"), (CHUNKED + b"0\r\n", b"A: b\r\n")],
    ids=["length", "chunks", "an extension without an end", "trailers"],
)
def test_a_body_of_a_byte_a_second_ends(make_port, head, piece):
    """It is 408 soon after the upstream's idle time, though no byte ever stays away for that long."""
    port = make_port()
    client = port.client().send(head)
    took_s = trickle(port, client, piece, every_s=1, for_s=100)
    assert IDLE_S <= took_s < IDLE_S + 3
    assert ([408], "abort") == (client.statuses(), port.upstream.transport.end)


def test_a_body_at_the_least_rate_goes_on(make_port):
    """A body at the least rate goes on, also where it stops for a while: the average counts."""
    port = make_port(min_body_rate=100)
    client = port.client().send(HEAD)
    assert trickle(port, client, b"a" * 100, every_s=1, for_s=100) >= 100
    assert trickle(port, client, b"a" * 2_000, every_s=15, for_s=100) >= 100
    assert not client.statuses()


def test_no_rate_is_asked_where_it_is_off(make_port):
    """A client that streams what it has now and then may do so without an end."""
    port = make_port(min_body_rate=0)
    client = port.client().send(HEAD)
    assert trickle(port, client, b"a", every_s=19, for_s=1_000) >= 1_000
    assert not client.statuses()


@pytest.mark.parametrize("piece", [b"a" * 10_000, b"a"])
def test_a_whole_request_has_its_time(make_port, piece):
    """However fast its body comes, it ends in the time for all of it; that of the response is another."""
    port = make_port(min_body_rate=0, upload_timeout_s=60.0)
    client = port.client().send(HEAD.replace(b"1000000", b"100000000"))
    assert 60 <= trickle(port, client, piece, every_s=1, for_s=200) < 63
    assert ([408], "abort") == (client.statuses(), port.upstream.transport.end)
    client = port.client().send(HEAD.replace(b"1000000", b"1") + b"a")
    port.loop.pass_time(25)
    port.answer(b"HTTP/1.1 200 OK\r\n\r\n")
    port.loop.pass_time(15)
    port.answer(b"x" * 10)
    port.loop.pass_time(15)
    port.answer(b"x" * 10)
    port.loop.pass_time(15)
    assert [200] == client.statuses()


def test_the_upstream_is_to_blame_where_it_takes_nothing_of_a_request(make_port):
    """The time for a whole request is over then too, but 408 would tell the client that it was slow."""
    port = make_port(min_body_rate=0, upload_timeout_s=15.0)
    client = port.client().send(HEAD + b"a")
    port.upstream.handler.pause_upload()
    port.loop.pass_time(16)
    assert ([504], "abort") == (client.statuses(), port.upstream.transport.end)


def test_the_time_in_which_the_upstream_takes_nothing_does_not_count(make_port):
    """The client is not read then, and is not to blame; afterwards it has its time anew."""
    port = make_port()
    client = port.client().send(HEAD)
    port.loop.pass_time(15)
    for _ in range(10):
        client.send(b"a")
        port.loop.call(port.upstream.pause_writing)
        port.loop.pass_time(15)
        port.loop.call(port.upstream.resume_writing)
    assert not client.statuses()
    assert IDLE_S - 1 <= trickle(port, client, b"a", every_s=1, for_s=100) < IDLE_S + 3
    assert [408] == client.statuses()


def test_a_body_waits_for_a_connection_within_a_bound(make_port, loop):
    """Beyond 64 KiB the client is not read until there is one."""
    port = make_port()
    loop.pending = loop.create_future()
    client = port.client().send(HEAD + b"a" * 60_000)
    assert not client.transport.is_paused
    client.send(b"a" * 10_000)
    assert (True, 70_000) == (client.transport.is_paused, client.connection.exchange.held_bytes)
    loop.pending.set_result(None)
    loop.pass_time(0)
    assert (False, 70_000) == (client.transport.is_paused, port.upstream.transport.written.count(b"a" * 1000) * 1000)
