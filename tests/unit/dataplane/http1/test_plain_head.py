"""Heads that are read without aiohttp's parser, and those that are left to it."""

from __future__ import annotations

import asyncio

import httptools
import pytest

from postern_dataplane.http1.head_readers import read_plain_head
from postern_dataplane.http1.message import PlainHead
from postern_dataplane.http1.request_reader import SMALL_BODY_BYTES, RequestReader
from postern_dataplane.settings import Limits

HEAD = b"GET /a?b HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nX-A: \xe9\r\nX-B: \r\n\r\n"


def head(*lines, line=b"GET / HTTP/1.1"):
    return b"\r\n".join((line, b"Host: h", *lines, b"", b""))


def test_a_plain_head_is_read():
    """Method, target and fields are as they came, and it asks for no upgrade."""
    plain = read_plain_head(HEAD, 10)
    fields = ((b"Host", b"h"), (b"Connection", b"keep-alive"), (b"X-A", b"\xe9"), (b"X-B", b""))
    assert ("GET", "/a?b", fields, False) == (plain.method, plain.path, plain.raw_headers, plain.upgrade)
    assert [b"h"] == plain.layout.values(b"host", plain.values)


@pytest.mark.parametrize(
    "data",
    [
        head(b"Content-Length: 0"), head(b"Content-Length: 3"), head(b"Transfer-Encoding: chunked"),
        head(b"Expect: 100-continue"), head(b"Connection: close"), head(b"Connection: keep-alive, x-a"),
        head(b"Proxy-Connection: close"), head(b"Connection: upgrade", b"Upgrade: websocket"), head(b"Upgrade: a"),
        head(b"Sec-WebSocket-Key1: a"), head(b"host: h"), head(b"A: 1", b"A: 1"), head(b"A: 1", b"a: 2"),
        head(b"A: 1 "), head(b"A: 1\t"), head(b"A:1"), head(b"A: 1", b" 2"), head(b"A: \x00"), head(b"A : 1"),
        head(line=b"GET / HTTP/1.0"), head(line=b"CONNECT / HTTP/1.1"), head(line=b"GET //a HTTP/1.1"),
        head(line=b"GET http://h/ HTTP/1.1"), head(line=b"OPTIONS * HTTP/1.1"), head(line=b"GET /# HTTP/1.1"),
        head(line=b"GET /\xe9 HTTP/1.1"), head(line=b"GET  / HTTP/1.1"), head(line=b"LOCK / HTTP/1.1"),
        b"GET / HTTP/1.1\r\nA: b\r\n\r\n", b"\r\n" + head(), head()[:-1], head() + b"G",
        b"GET / HTTP/1.1\nHost: h\r\n\r\n", head(*[b"A%d: 1" % number for number in range(10)]),
    ],
)  # fmt: skip
def test_all_else_is_left_to_the_other_parser(data):
    """Bodies, other protocols, repeated names, spaces that are none of a value, and what either parser refuses."""
    assert read_plain_head(data, 10) is None


POST = b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"


def test_a_head_whose_body_came_with_it_is_read():
    """It has the length of its body, and all else as other heads."""
    plain = read_plain_head(POST + b"hi", 10, 2)
    assert ("POST", "/b", 2) == (plain.method, plain.path, plain.content_length)
    assert ((b"Host", b"h"), (b"Content-Length", b"2")) == plain.raw_headers


@pytest.mark.parametrize(
    ("length", "body"),
    [
        (b"Content-Length: 1", b"hi"), (b"Content-Length: 3", b"hi"), (b"Content-Length: 0", b"hi"),
        (b"Content-Length: 0", b""), (b"Content-Length: 02", b"hi"), (b"Content-Length: +2", b"hi"),
        (b"Content-Length: 2, 2", b"hi"), (b"Content-Length: 2 ", b"hi"), (b"Content-Length:2", b"hi"),
        (b"Content-Length: 0x2", b"hi"), (b"Content-Length: ", b"hi"), (b"A: 2", b"hi"), (b"A: 2", b"GET"),
        (b"Content-Length: 2\r\nContent-Length: 2", b"hi"), (b"Content-Length: 2\r\ncontent-length: 2", b"hi"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked", b"hi"), (b"Transfer-Encoding: chunked", b"0\r\n\r\n"),
        (b"Content-Length: 2\r\nExpect: 100-continue", b"hi"), (b"Content-Length: 2\r\nConnection: close", b"hi"),
        (b"Content-Length: 2\r\nConnection: upgrade\r\nUpgrade: a", b"hi"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_all_that_follows_is_the_other_parser_s(length, body):
    """A length in another spelling, of another number of bytes, or beside what decides about it."""
    data = b"POST / HTTP/1.1\r\nHost: h\r\n" + length + b"\r\n\r\n" + body
    assert read_plain_head(data, 10, len(body)) is None


@pytest.mark.parametrize("body_bytes", [-1, 1, 3, len(POST), 1000])
def test_a_head_ends_where_it_is_said_to_end(body_bytes):
    """Anything else is the other parser's."""
    assert read_plain_head(POST + b"hi", 10, body_bytes) is None


@pytest.fixture
def reader():
    loop = asyncio.new_event_loop()
    yield RequestReader(Limits(), loop)
    loop.close()


def test_the_reader_goes_from_one_parser_to_the_other(reader):
    """Each request is read once, and the connection's parser stays between two of them."""
    post, last = POST + b"hi", POST.replace(b"POST", b"LOCK") + b"hi"
    found = []
    for data in (HEAD, last, HEAD, post, post, HEAD, last):
        message = reader.feed(data)
        found.append(
            (type(message) is PlainHead, message.path, reader.take_body(), reader.is_complete, reader.is_clean)
        )
        assert reader.next() is None
    plain, other, whole = (
        (True, "/a?b", b"", True, True),
        (False, "/b", b"hi", True, True),
        (True, "/b", b"hi", True, True),
    )
    assert [plain, other, plain, whole, whole, plain, other] == found


@pytest.mark.parametrize("end", [RequestReader.next, RequestReader.discard])
def test_a_body_ends_with_its_request(reader, end):
    """A body that was not taken, for its request was refused, is not held, and never another request's."""
    assert reader.feed(POST + b"hi").content_length == 2
    assert end(reader) is None
    assert (b"", 0) == (reader.take_body(), reader.held_bytes)


def test_a_body_counts_as_memory_until_it_is_taken(reader):
    """As much as it has bytes; what the head takes is told apart."""
    reader.feed(POST + b"hi")
    assert len(POST) == reader.message_bytes
    held = reader.held_bytes
    assert (b"hi", b"", held - 2) == (reader.take_body(), reader.take_body(), reader.held_bytes)


@pytest.mark.parametrize(("size", "is_plain"), [(SMALL_BODY_BYTES, True), (SMALL_BODY_BYTES + 1, False)])
def test_a_large_body_is_the_other_parser_s(reader, size, is_plain):
    """It would be copied once more."""
    message = reader.feed(POST.replace(b": 2", b": %d" % size) + b"a" * size)
    assert (is_plain, b"a" * size) == (type(message) is PlainHead, reader.take_body())


@pytest.mark.parametrize("method", [b"GET", b"DELETE", b"OPTIONS", b"HEAD"])
def test_a_body_with_a_method_that_seldom_has_one_is_the_other_parser_s(reader, method):
    """Whether a second request follows its head is not looked at twice."""
    message = reader.feed(POST.replace(b"POST", method) + b"hi")
    assert (False, b"hi") == (type(message) is PlainHead, reader.take_body())


def test_a_request_behind_a_body_waits(reader):
    """Whether it comes with the body or after it."""
    message = reader.feed(POST + b"hi" + HEAD)
    assert (False, b"hi", "/a?b") == (type(message) is PlainHead, reader.take_body(), reader.next().path)
    assert reader.next() is None
    message = reader.feed(POST + b"hi")
    assert (True, None) == (type(message) is PlainHead, reader.feed(POST + b"ho"))
    assert (b"hi", "/b", b"ho") == (reader.take_body(), reader.next().path, reader.take_body())


def test_a_head_in_parts_is_the_other_parser_s(reader):
    """A head that came in parts is not plain, even where its last part looks like a head of its own."""
    assert reader.feed(b"GET /a HTTP/1.1\r\nX: ") is None
    message = reader.feed(HEAD)
    assert (False, "/a", b"GET /a?b HTTP/1.1") == (type(message) is PlainHead, message.path, message.raw_headers[0][1])


def test_one_that_comes_while_another_is_answered_waits(reader):
    """A plain head behind another request is read in its turn."""
    reader.feed(HEAD)
    assert (None, len(HEAD)) == (reader.feed(HEAD), reader.backlog)
    assert (PlainHead, 0) == (type(reader.next()), reader.backlog)


def test_a_small_limit_leaves_heads_to_the_other_parser():
    """Whether a part of a head is too long is the other parser's to say."""
    loop = asyncio.new_event_loop()
    assert type(RequestReader(Limits(max_header_line_bytes=len(HEAD) - 1), loop).feed(HEAD)) is not PlainHead
    loop.close()


def test_the_parser_tells_what_a_plain_head_is_made_of():
    """Fields come by name and value, an empty value too, and the end of a message with its last byte."""
    told = []

    class Told:
        def on_header(self, name, value):
            told.append((name, value))

        def on_message_complete(self):
            told.append("complete")

    parser = httptools.HttpRequestParser(Told())
    parser.feed_data(HEAD[:-1])
    assert "complete" not in told
    parser.feed_data(HEAD[-1:])
    assert [(b"Host", b"h"), (b"Connection", b"keep-alive"), (b"X-A", b"\xe9"), (b"X-B", b""), "complete"] == told
