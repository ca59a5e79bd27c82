"""What the data port relies on in its two parsers: a new version that moves any of it fails here, and by name.

The parser of aiohttp is no public interface; `pyproject.toml` bounds its version, and this says what to look at before
the bound moves.
"""

from __future__ import annotations

import asyncio

import aiohttp.http_parser
import httptools
import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser, RawRequestMessage
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong

HEAD = b"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
UPGRADE = b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


@pytest.fixture
def parser():
    """As `RequestReader` makes it."""
    loop = asyncio.new_event_loop()
    yield HttpRequestParser(
        BaseProtocol(loop), loop, 2**16,
        max_line_size=100, max_headers=3, max_field_size=50, auto_decompress=False, max_msg_queue_size=1,
    )  # fmt: skip
    loop.close()


def test_it_is_the_one_in_c():
    """The fallback in Python is slower by an order of magnitude, and reads some requests differently."""
    assert HttpRequestParser is aiohttp.http_parser.HttpRequestParser
    assert HttpRequestParser is not aiohttp.http_parser.HttpRequestParserPy
    assert "aiohttp._http_parser" == HttpRequestParser.__module__


def test_feeding_gives_messages_upgrade_and_tail(parser):
    """Each message comes with the stream of its body."""
    messages, is_upgraded, tail = parser.feed_data(HEAD)
    ((message, body),) = messages
    assert (False, b"", b"", True) == (is_upgraded, bytes(tail), body.read_nowait(), body.is_eof())
    assert isinstance(message, RawRequestMessage)


def test_feeding_a_part_gives_no_message(parser):
    """Whatever the empty thing is."""
    messages, is_upgraded, tail = parser.feed_data(HEAD[:10])
    assert (0, False, b"") == (len(messages), is_upgraded, bytes(tail))


def test_a_message_has_what_is_read_of_it(parser):
    """By name and by type."""
    (message, _) = parser.feed_data(b"GET /%41 HTTP/1.0\r\nHost:  h \r\nX-A: \xe9\r\n\r\n")[0][0]
    assert ("GET", "/%41") == (message.method, message.path)
    assert (1, 0) == (message.version.major, message.version.minor)
    assert ((b"Host", b"h"), (b"X-A", b"\xe9")) == message.raw_headers
    assert "h" == message.headers.get("hOST", "")
    assert (True, False, False) == (message.should_close, message.upgrade, message.chunked)


def test_a_message_says_that_it_is_chunked(parser):
    """A parsed message says whether it is chunked, and whether its connection may stay open."""
    (message, _) = parser.feed_data(b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")[0][0]
    assert (True, False) == (message.chunked, message.should_close)


def test_a_body_is_read_as_it_comes(parser):
    """Its end is known at once."""
    (_, body) = parser.feed_data(POST + b"ab")[0][0]
    assert (b"ab", False) == (body.read_nowait(), body.is_eof())
    parser.feed_data(b"c")
    assert (b"c", True, b"") == (body.read_nowait(), body.is_eof(), body.read_nowait())


def test_parsing_stops_at_the_end_of_each_message(parser):
    """With a queue of one, the rest is kept, and read by feeding nothing when the first is consumed."""
    methods = [parser.feed_data(HEAD + POST + b"abc" + HEAD)[0][0][0].method]
    for _ in range(2):
        parser.message_consumed()
        methods += [message.method for message, _ in parser.feed_data(b"")[0]]
    assert ["GET", "POST", "GET"] == methods
    parser.message_consumed()
    assert 0 == len(parser.feed_data(b"")[0])


def test_an_upgrade_leaves_its_tail_to_us(parser):
    """What follows the head is no request, whether it came with the head or is asked for later."""
    messages, _, tail = parser.feed_data(UPGRADE + b"frames")
    assert messages[0][0].upgrade
    parser.message_consumed()
    _, is_upgraded, later = parser.feed_data(b"")
    assert (b"frames", True) == (bytes(tail) + bytes(later), is_upgraded)


def test_a_long_line_is_told_by_its_bound(parser):
    """Among the arguments of the exception, by which the two limits are told apart."""
    with pytest.raises(LineTooLong) as caught:
        parser.feed_data(b"GET /" + b"a" * 100 + b" HTTP/1.1\r\n")
    assert 100 in caught.value.args


def test_a_long_field_is_told_by_its_bound(parser):
    """The error for a long field carries the bound for fields."""
    with pytest.raises(LineTooLong) as caught:
        parser.feed_data(b"GET / HTTP/1.1\r\nHost: " + b"a" * 50 + b"\r\n\r\n")
    assert 50 in caught.value.args


def test_too_many_fields_are_told_in_words(parser):
    """As `RequestReader` looks for them."""
    with pytest.raises(BadHttpMessage) as caught:
        parser.feed_data(b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 5 + b"\r\n")
    assert "Too many" in caught.value.message


class Told:
    """All that llhttp tells of responses."""

    def __init__(self):
        self.events = []

    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda *arguments: self.events.append((name.removeprefix("on_"), *arguments))


def test_responses_are_told_in_order():
    """By the names that `UpstreamConnection` has, with bytes."""
    told = Told()
    parser = httptools.HttpResponseParser(told)
    parser.feed_data(b"HTTP/1.1 200 All right\r\nA: b\r\nContent-Length: 2\r\n\r\nhi")
    expected = [
        ("message_begin",), ("status", b"All right"), ("header", b"A", b"b"), ("header", b"Content-Length", b"2"),
        ("headers_complete",), ("body", b"hi"), ("message_complete",),
    ]  # fmt: skip
    assert expected == [event for event in told.events if not event[0].startswith("chunk")]


@pytest.mark.parametrize(("line", "expected"), [("HTTP/1.1", True), ("HTTP/1.0", False)])
def test_a_response_says_whether_another_may_follow(line, expected):
    """To be asked when it is complete, and no later."""
    said = []

    class Asks(Told):
        def on_message_complete(self):
            said.append((parser.get_status_code(), parser.should_keep_alive()))

    parser = httptools.HttpResponseParser(Asks())
    parser.feed_data(f"{line} 200 OK\r\nContent-Length: 0\r\n\r\n".encode())
    assert [(200, expected)] == said


def test_an_upgrade_of_a_response_is_an_exception_with_an_offset():
    """At which the other protocol begins."""
    parser = httptools.HttpResponseParser(Told())
    data = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    with pytest.raises(httptools.HttpParserUpgrade) as caught:
        parser.feed_data(data + b"frames")
    assert len(data) == caught.value.args[0]


def test_what_is_no_response_is_an_error_of_its_own():
    """The upgrade is not one of them."""
    with pytest.raises(httptools.HttpParserError):
        httptools.HttpResponseParser(Told()).feed_data(b"220 smtp\r\n")
    assert not issubclass(httptools.HttpParserUpgrade, httptools.HttpParserInvalidMethodError)


def test_an_exception_in_a_callback_is_kept_inside_the_parser_s():
    """An exception of a callback arrives inside the parser's, so that one handler catches both."""

    class Fails(Told):
        def on_headers_complete(self):
            raise ValueError

    with pytest.raises(httptools.HttpParserError):
        httptools.HttpResponseParser(Fails()).feed_data(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
