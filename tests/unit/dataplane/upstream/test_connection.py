"""Responses as a connection to an upstream reads them."""

from __future__ import annotations

import pytest

from postern_dataplane.http1.head_readers import read_response
from postern_dataplane.settings import RESPONSE_HEAD_BYTES_MAX
from postern_dataplane.upstream.connection import UpstreamConnection

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: a\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


class Handler:
    """Writes down what it is told, bodies joined."""

    def __init__(self, method="GET"):
        self.method = method
        self.told = []
        self.body = b""
        self.packets = 0

    def informational_arrived(self, status, phrase, fields):
        self.told.append((status, phrase, list(fields)))

    def response_arrived(self, status, phrase, fields):
        self.told.append((status, phrase, list(fields)))
        return read_response(status, phrase, fields, method=self.method, http_minor=1, closes=False)

    def response_body_arrived(self, data):
        self.body += data

    def packet_read(self):
        self.packets += 1

    def response_ended(self):
        self.told.append("ended")

    def switched_protocols(self, status, phrase, fields, tail):
        self.told.append((status, phrase, list(fields)))
        self.body += tail

    def tunnel_data_arrived(self, data):
        self.body += data

    def upstream_failed(self, kind):
        self.told.append(kind)

    def pause_upload(self):
        self.told.append("pause")

    def resume_upload(self):
        self.told.append("resume")


@pytest.fixture
def begin(transport_of):
    """Connects, and begins an exchange."""

    def begin_(method="GET"):
        connection, handler = UpstreamConnection("10.0.0.1:80"), Handler(method)
        transport_of(connection)
        connection.begin(handler, b"GET / HTTP/1.1\r\n\r\n")
        return connection, handler

    return begin_


def outcome(begin, data, cut=0, method="GET"):
    connection, handler = begin(method)
    for piece in filter(None, (data[:cut], data[cut:])):
        if connection.handler is not None:
            connection.data_received(piece)
    return handler.told, handler.body, connection.is_reusable


@pytest.mark.parametrize(
    ("data", "body"),
    [(LENGTH, b"hello"), (CHUNKED, b"hello"), (EARLY + EARLY + LENGTH, b"hello"), (SWITCH + b"frames", b"frames")],
    ids=["length", "chunked", "after hints", "switch"],
)
def test_a_response_may_be_cut_anywhere(begin, data, body):
    """What is told of it is the same, and so is what becomes of the connection."""
    whole = outcome(begin, data)
    assert body == whole[1]
    for cut in range(1, len(data)):
        assert whole == outcome(begin, data, cut)


def test_a_request_is_sent_at_once(begin):
    """With what its body has already."""
    connection, _ = begin()
    connection.write(b"more")
    assert b"GET / HTTP/1.1\r\n\r\nmore" == connection.transport.take()


def test_a_whole_response_leaves_a_connection_that_can_be_used_again(begin):
    """The second exchange is like the first."""
    connection, first = begin()
    connection.data_received(LENGTH)
    assert ([(200, b"OK", [(b"Content-Length", b"5")]), "ended"], True) == (first.told, connection.is_reusable)
    connection.release()
    connection.begin(second := Handler(), b"GET")
    assert not connection.is_reusable
    connection.data_received(CHUNKED)
    assert ([(200, b"OK", [(b"Transfer-Encoding", b"chunked")]), "ended"], b"hello") == (second.told, second.body)


@pytest.mark.parametrize(
    "data",
    [
        LENGTH.replace(b"1.1", b"1.0"),
        LENGTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        LENGTH + b"x",
        LENGTH + LENGTH,
        LENGTH + b"\0",
        CHUNKED + LENGTH,
    ],
    ids=["1.0", "close", "a byte too many", "two", "rubbish after it", "two after chunks"],
)
def test_a_response_may_be_the_last(begin, data):
    """It is whole nevertheless, and nothing of what follows is anybody's."""
    told, body, is_reusable = outcome(begin, data)
    assert (1, "ended", b"hello", False) == (told.count("ended"), told[-1], body, is_reusable)
    assert 2 == len(told)


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
)
def test_a_response_without_a_body_ends_at_the_blank_line(begin, method, head):
    """Whatever its fields say, and the next response is read from its beginning."""
    connection, handler = begin(method)
    connection.data_received(head)
    assert ("ended", b"") == (handler.told[-1], handler.body)
    if connection.is_reusable:
        connection.release()
        connection.begin(second := Handler(), b"GET")
        connection.data_received(LENGTH)
        assert ("ended", b"hello", b"") == (second.told[-1], second.body, handler.body)


def test_a_body_where_there_is_none_is_nobody_s(begin):
    """It ends the connection."""
    told, body, is_reusable = outcome(begin, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", method="HEAD")
    assert ("ended", b"", False) == (told[-1], body, is_reusable)


def test_a_connection_that_speaks_unasked_is_dropped(begin):
    """RFC 9112, section 9.3.2 has no answers without a question."""
    connection, _ = begin()
    connection.data_received(LENGTH)
    connection.release()
    connection.data_received(LENGTH)
    assert ("abort", False) == (connection.transport.end, connection.is_open)


def test_a_body_may_end_with_the_connection(begin, loop):
    """Which is its end, and no failure."""
    connection, handler = begin()
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nhel")
    connection.data_received(b"lo")
    assert "ended" not in handler.told
    connection.connection_lost(None)
    assert ("ended", b"hello", False) == (handler.told[-1], handler.body, connection.is_reusable)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", None),
        (b"HTTP/1.1 2", None),
        (EARLY, None),
        (LENGTH[:-1], None),
        (CHUNKED[:-1], None),
        (b"HTTP/1.1 200 OK\r\n\r\nhel", ConnectionResetError()),
    ],
    ids=["nothing", "half a head", "only hints", "half a body", "no last chunk", "a reset before the end"],
)
def test_a_response_may_break_off(begin, data, error):
    """Its handler is told, once."""
    connection, handler = begin()
    if data:
        connection.data_received(data)
    assert not connection.eof_received()
    connection.connection_lost(error)
    connection.connection_lost(error)
    assert ("reset", 1, 0) == (handler.told[-1], handler.told.count("reset"), handler.told.count("ended"))


@pytest.mark.parametrize(
    "data",
    [
        b"220 smtp ready\r\n",
        b"\x15\x03\x01\x00\x02\x02F",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 600 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 1000 OK\r\n\r\n",
        b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense",
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
        # Behind a 1xx comes another head, whatever it says of a body.
        b"HTTP/1.1 104 A\r\nContent-Length: %d\r\n\r\n" % len(LENGTH) + LENGTH + LENGTH,
        b"HTTP/1.1 199 A\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + LENGTH,
    ],
)
def test_what_is_no_response_fails(begin, data):
    """Bytes that are no response fail the exchange and drop the connection, and none of them is a body."""
    connection, handler = begin()
    connection.data_received(data)
    assert ("bad_response", "abort", None) == (handler.told[-1], connection.transport.end, connection.handler)
    assert b"" == handler.body


@pytest.mark.parametrize("piece", [100_000, 999])
def test_a_head_has_a_bound(begin, piece):
    """Whether it is one endless line or one endless list."""
    connection, handler = begin()
    connection.data_received(b"HTTP/1.1 200 OK\r\n")
    count = 0
    while connection.handler is not None:
        connection.data_received(b"A: " + b"b" * (piece - 5) + b"\r\n")
        count += piece
        assert count < 2 * RESPONSE_HEAD_BYTES_MAX
    assert ["bad_response"] == handler.told


def test_the_bound_is_for_heads_only(begin):
    """Not for bodies, and anew for each head."""
    connection, handler = begin()
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * 60_000 + b"\r\n\r\n"
    for _ in range(6):
        connection.data_received(hints)
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(10):
        connection.data_received(b"x" * 100_000)
    assert (8, "ended", 1_000_000) == (len(handler.told), handler.told[-1], len(handler.body))


def test_each_packet_is_told_once(begin):
    """Each packet is reported once, so that it can go out in one write; the last one by the end of the response."""
    connection, handler = begin()
    for piece in (EARLY + CHUNKED[:-5], CHUNKED[-5:]):
        connection.data_received(piece)
    assert (1, "ended") == (handler.packets, handler.told[-1])


def test_a_tunnel_is_not_read_as_http(begin):
    """Whatever flows in it."""
    connection, handler = begin()
    connection.data_received(SWITCH + b"a")
    connection.data_received(LENGTH)
    assert (b"a" + LENGTH, 1, False) == (handler.body, len(handler.told), connection.is_reusable)
    connection.connection_lost(None)
    assert "reset" == handler.told[-1]


def test_backpressure_is_passed_on(begin):
    """In both directions."""
    connection, handler = begin()
    connection.pause_writing()
    connection.resume_writing()
    assert ["pause", "resume"] == handler.told
    connection.pause_reading()
    assert connection.transport.is_paused
    connection.data_received(LENGTH)
    connection.release()
    assert not connection.transport.is_paused
    connection.pause_writing()
    assert "ended" == handler.told[-1]


def test_a_closed_connection_takes_nothing_more(begin, loop):
    """A closed connection writes nothing and calls no method of its transport."""
    connection, handler = begin()
    connection.close()
    loop.settle()
    connection.pause_reading()
    assert (False, False, []) == (connection.is_open, connection.transport.is_paused, handler.told)
