"""Requests that come before the answer to the last: in order, one at a time, and never more than a client takes."""

from __future__ import annotations

import sys

import pytest

from postern_dataplane.server.client_connection import BACKLOG_BYTES_MAX

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
REFUSED = b"GET /refused HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def targets(port):
    """What has gone upstream."""
    heads = port.upstream.transport.written.split(b" HTTP/1.1\r\n")[:-1]
    return [head.rpartition(b" ")[2].decode() for head in heads]


def test_one_request_at_a_time_goes_upstream(port, client):
    """The next one goes when the answer is out."""
    client.send(b"".join(GET % number for number in range(3)))
    for number in range(3):
        assert [f"/{it}" for it in range(number + 1)] == targets(port)
        port.answer(OK)
    assert [200, 200, 200] == client.statuses()
    assert ["/0", "/1", "/2"] == [record.path for record in port.observer.records]


@pytest.mark.parametrize("packets", [1, 2, 50])
def test_answers_come_in_the_order_of_the_requests(port, client, packets):
    """Whether they were refused or forwarded, and however they came."""
    data = REFUSED + GET % 0 + REFUSED + REFUSED + GET % 1 + LAST
    size = -(-len(data) // packets)
    for start in range(0, len(data), size):
        client.send(data[start : start + size])
    for _ in range(3):
        port.answer(OK)
    assert [503, 200, 503, 503, 200, 200] == client.statuses()
    assert client.transport.said_eof


def test_a_thousand_refused_requests_are_no_recursion(port, client):
    """Each is answered from the loop, not from within the last."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        client.send(REFUSED * 1000)
    finally:
        sys.setrecursionlimit(limit)
    assert [503] * 1000 == client.statuses()
    assert 1000 == len(port.observer.records)


def test_nothing_follows_the_last_request(port, client):
    """What a client sends after `Connection: close` is not read."""
    client.send(LAST + GET % 1)
    port.answer(OK)
    assert (["/last"], [200]) == (targets(port), client.statuses())


def test_what_waits_has_a_bound(port, client):
    """Beyond it the client is not read, until its turn comes."""
    client.send(GET % 0)
    count = 0
    while not client.transport.is_paused:
        client.send(REFUSED * 100)
        count += 100
    assert BACKLOG_BYTES_MAX < count * len(REFUSED) < BACKLOG_BYTES_MAX + 100 * len(REFUSED)
    port.answer(OK)
    assert not client.transport.is_paused
    assert [200, *[503] * count] == client.statuses()


def test_what_still_waits_keeps_the_client_waiting(port, client):
    """Until there is little of it; other reasons to pause were those of the last request."""
    client.send(GET % 0 + GET % 1)
    port.loop.call(port.upstream.pause_writing)
    assert client.transport.is_paused
    client.connection.data_received(REFUSED * 2000)  # it was read already
    port.answer(OK)
    assert (["/0", "/1"], True) == (targets(port), client.transport.is_paused)
    assert "upstream" not in client.connection.read_gate
    port.answer(OK)
    assert (False, 2002) == (client.transport.is_paused, len(client.statuses()))


def test_what_waits_behind_a_body_has_the_same_bound(port, client):
    """The body is whole, and its upstream slow."""
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
    while not client.transport.is_paused:
        client.send(GET % 1)
    assert client.connection.reader.backlog > BACKLOG_BYTES_MAX


def test_a_client_that_takes_no_answers_gets_no_more_of_them(port, client):
    """Those that wait go on when it does."""
    client.block()
    client.send(REFUSED * 10)
    assert ([], True) == (client.statuses(), client.transport.is_paused)
    client.unblock()
    assert ([503] * 10, False) == (client.statuses(), client.transport.is_paused)


def test_a_client_that_takes_no_answers_is_not_read(port, client):
    """A body behind an answer that is not taken would have to be kept."""
    client.send(GET % 0)
    client.send(b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
    client.block()
    port.answer(OK)
    assert (["/0"], True, 60.0) == (
        targets(port), client.transport.is_paused, client.connection.deadline.at - port.loop.now,
    )  # fmt: skip
    client.unblock()
    assert (["/0", "/1"], False) == (targets(port), client.transport.is_paused)


def test_a_client_that_is_given_up_asks_for_nothing_more(port, client):
    """No request of an abandoned client is served, also when it reads its answers after all."""
    client.send(GET % 0 + GET % 1)
    client.block()
    client.transport.unsent = 100
    port.answer(OK)
    client.expire()
    assert "close" == client.transport.end
    client.unblock()
    assert ["/0"] == targets(port)


def test_a_request_that_waits_for_a_slow_client_is_started_once(port, client):
    """However often the client stops and goes on."""
    client.block()
    client.send(REFUSED + GET % 0)
    for _ in range(3):
        port.loop.call(lambda: (client.connection.resume_writing(), client.connection.pause_writing()))
    client.unblock()
    port.answer(OK)
    assert ([503, 200], ["/0"]) == (client.statuses(), targets(port))


def test_a_client_that_takes_no_answers_is_dropped_in_the_end(port, client):
    """It is not idle, but nobody can serve it."""
    client.block()
    client.send(REFUSED * 2)
    client.transport.unsent = 100
    client.expire()
    client.expire()
    assert ("abort", []) == (client.transport.end, port.outcomes())


def test_a_bad_request_waits_for_its_turn(port, client):
    """The one before it is answered first."""
    client.send(GET % 0 + b"nonsense\r\n\r\n")
    assert [] == client.statuses()
    port.answer(OK)
    assert ([200, 400], True) == (client.statuses(), client.transport.said_eof)
    assert [(200, ""), (400, "bad_request")] == port.outcomes()


def test_a_client_that_has_gone_asks_for_nothing_more(port, client):
    """What it had sent is forgotten."""
    client.send(GET % 0 + GET % 1)
    client.leave()
    assert ([(499, "client_closed")], ["/0"]) == (port.outcomes(), targets(port))


def test_a_client_that_goes_between_two_requests_asks_for_nothing_more(port, client):
    """No request of a client that left is served, also when the next one was about to begin."""
    client.send(GET % 0 + GET % 1)
    connection = client.connection

    def answer_and_leave():
        port.upstream.data_received(OK)
        connection.connection_lost(None)

    port.loop.call(answer_and_leave)
    assert ([(200, "")], ["/0"]) == (port.outcomes(), targets(port))


def test_bodies_in_a_pipeline_stay_with_their_requests(port, client):
    """Byte for byte."""
    post = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
    chunked = b"PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    client.send(post + b"abc" + chunked + b"3\r\ndef\r\n0\r\n\r\n" + post + b"gh")
    bodies = []
    for _ in range(2):
        bodies.append(port.upstream.transport.take().partition(b"\r\n\r\n")[2])
        port.answer(OK)
    client.send(b"i")
    bodies.append(port.upstream.transport.take().partition(b"\r\n\r\n")[2])
    port.answer(OK)
    assert [b"abc", b"3\r\ndef\r\n0\r\n\r\n", b"ghi"] == bodies
    assert [200, 200, 200] == client.statuses()


def test_chunks_whose_end_is_not_found_are_the_last(port, client):
    """The answer says so, and what stands behind them in the packet is not read."""
    content = b"\r\n\r\n" * 100
    client.send(b"PUT /0 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content) + GET % 1)
    port.answer(OK)
    assert (b"\r\nConnection: close\r\n" in client.transport.written, [200]) == (True, client.statuses())
    assert client.transport.said_eof
