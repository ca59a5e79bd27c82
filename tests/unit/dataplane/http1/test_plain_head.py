"""Heads that are read without aiohttp's parser, and those that are left to it."""

from __future__ import annotations

import asyncio

import httptools
import pytest

from postern_dataplane.http1.head_readers import read_plain_head
from postern_dataplane.http1.message import PlainHead
from postern_dataplane.http1.request_reader import RequestReader
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


@pytest.fixture
def reader():
    loop = asyncio.new_event_loop()
    yield RequestReader(Limits(), loop)
    loop.close()


def test_the_reader_goes_from_one_parser_to_the_other(reader):
    """Each request is read once, and the connection's parser stays between two of them."""
    post = b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
    found = []
    for data in (HEAD, post, HEAD, HEAD, post):
        message = reader.feed(data)
        found.append(
            (type(message) is PlainHead, message.path, reader.take_body(), reader.is_complete, reader.is_clean)
        )
        assert reader.next() is None
    plain, other = (True, "/a?b", b"", True, True), (False, "/b", b"hi", True, True)
    assert [plain, other, plain, plain, other] == found


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
