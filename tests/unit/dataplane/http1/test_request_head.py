"""What the data port doesn't let in, by the parser's strictness or its own."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.http1.request_head import RequestError, request_head
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.settings import Limits

SECRET = b"eyJhbGciOiJIUzI1NiJ9"


@pytest.fixture
def read():
    """Reads one head; the reason of the refusal, or the head."""
    loop = asyncio.new_event_loop()

    def read_(data, **limits):
        bounds = Limits(**limits)
        try:
            message = RequestReader(bounds, loop).feed(data)
            return "incomplete" if message is None else request_head(message, bounds, "192.0.2.1", ListenerConfig())
        except RequestError as error:
            return "a secret" if is_telling(error) else error.denial.reason

    yield read_
    loop.close()


def is_telling(error):
    """Whether the error, or what a traceback would show with it, holds what came."""
    shown = [error, error.__cause__, None if error.__suppress_context__ else error.__context__]
    return SECRET.decode() in repr([(one, getattr(one, "args", ())) for one in shown])


def get(*fields, start=b"GET / HTTP/1.1", method=None):
    if method:
        start = method + b" / HTTP/1.1"
    return b"\r\n".join([start, b"Host: h", *fields]) + b"\r\n\r\n"


BAD = {
    "a bare line feed": b"GET / HTTP/1.1\nHost: h\n\n",
    "a bare line feed after a field": b"GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n",
    "a bare carriage return in a value": get(b"A: b\rC: d"),
    "a folded field": get(b"A: b\r\n c"),
    "a space before the colon": get(b"A : b"),
    "a space before the first field": b"GET / HTTP/1.1\r\n Host: h\r\n\r\n",
    "a field without a name": get(b": b"),
    "a field without a colon": get(b"nonsense"),
    "a null byte in a value": get(b"A: b\0c"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": get(b"Host: i"),
    "two lengths": get(b"Content-Length: 1", b"Content-Length: 2", method=b"POST"),
    "two equal lengths": get(b"Content-Length: 1", b"Content-Length: 1", method=b"POST"),
    "a list of lengths": get(b"Content-Length: 1, 1", method=b"POST"),
    "a length with a sign": get(b"Content-Length: +1", method=b"POST"),
    "a negative length": get(b"Content-Length: -1", method=b"POST"),
    "a length in hex": get(b"Content-Length: 0x1", method=b"POST"),
    "an endless length": get(b"Content-Length: " + b"9" * 10_000, method=b"POST"),
    "an empty length": get(b"Content-Length:", method=b"POST"),
    "a length beside a coding": get(b"Content-Length: 1", b"Transfer-Encoding: chunked", method=b"POST"),
    "a coding beside a length": get(b"Transfer-Encoding: chunked", b"Content-Length: 1", method=b"POST"),
    "another coding": get(b"Transfer-Encoding: gzip", method=b"POST"),
    "a coding before chunked": get(b"Transfer-Encoding: gzip, chunked", method=b"POST"),
    "a coding after chunked": get(b"Transfer-Encoding: chunked, gzip", method=b"POST"),
    "chunked twice": get(b"Transfer-Encoding: chunked, chunked", method=b"POST"),
    "two codings": get(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", method=b"POST"),
    "identity": get(b"Transfer-Encoding: identity", method=b"POST"),
    "a coding in quotes": get(b'Transfer-Encoding: "chunked"', method=b"POST"),
    "a coding that looks like chunked": get(b"Transfer-Encoding: xchunked", method=b"POST"),
    "a coding with a control byte": get(b"Transfer-Encoding: \x0bchunked", method=b"POST"),
    "a coding of 1.0": b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    "another version": get(start=b"GET / HTTP/1.2"),
    "HTTP/2": get(start=b"GET / HTTP/2.0"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "another protocol": get(start=b"GET / SPDY/1.1"),
    "a version in lower case": get(start=b"GET / http/1.1"),
    "a tab": get(start=b"GET\t/ HTTP/1.1"),
    "a space in the target": get(start=b"GET /a b HTTP/1.1"),
    "an unknown method": get(start=b"STEAL / HTTP/1.1"),
    "a method in lower case": get(start=b"get / HTTP/1.1"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "nonsense": b"\x00\xff\r\n\r\n",
    "a target without an authority": get(start=b"GET http:///a HTTP/1.1"),
    "a token and a mistake": get(b"Authorization: Bearer " + SECRET, b"A : b"),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_it_has_no_single_reading(read, data):
    """A request without a single reading is a bad request, and the error quotes nothing of it."""
    assert "bad_request" == read(data)


@pytest.mark.parametrize("value", [b"100-Continue", b"100-continue"])
def test_an_expectation_is_let_in(read, value):
    """In any case, as RFC 9110, section 10.1.1 wants it."""
    assert (b"Expect", value) in read(get(b"Expect: " + value, b"Content-Length: 1", method=b"POST")).headers


def test_another_expectation_fails(read):
    """Nobody would meet it."""
    assert "expectation_failed" == read(get(b"Expect: 200-ok"))


@pytest.mark.parametrize(("count", "reason"), [(3, None), (4, "headers_too_large")])
def test_fields_are_counted(read, count, reason):
    """Host is one of them."""
    found = read(get(*[b"A: b"] * (count - 1)), max_headers=3)
    assert reason == (found if isinstance(found, str) else None)


@pytest.mark.parametrize(("size", "reason"), [(90, None), (91, "headers_too_large")])
def test_a_field_has_a_length_at_most(read, size, reason):
    """Name and value together, also where it is not the first."""
    found = read(get(b"0123456789: " + b"a" * size), max_header_line_bytes=100)
    assert reason == (found if isinstance(found, str) else None)


@pytest.mark.parametrize(("size", "reason"), [(84, None), (85, "headers_too_large")])
def test_all_fields_have_a_length_at_most(read, size, reason):
    """With their colons, spaces and line ends: Host has nine here, the other seven more than its value."""
    found = read(get(b"A: " + b"a" * size), max_headers_bytes=98)
    assert reason == (found if isinstance(found, str) else None)


@pytest.mark.parametrize(("size", "reason"), [(96, None), (97, "uri_too_long")])
def test_a_request_line_has_a_length_at_most(read, size, reason):
    """Method and target count."""
    found = read(get(start=b"GET /" + b"a" * size + b" HTTP/1.1"), max_request_line_bytes=100)
    assert reason == (found if isinstance(found, str) else None)


def test_a_head_has_all_that_a_decision_asks_for(read):
    """With the raw target and fields, in order."""
    found = read(b"POST /%41?b HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nx-A: \xe9\r\n\r\n")
    assert ("POST", "/%41?b", 1, 12) == (found.method, found.target, found.http_minor, found.content_length)
    assert ((b"Host", b"h"), (b"Content-Length", b"12"), (b"x-A", b"\xe9")) == found.headers
    assert ("192.0.2.1", False, True) == (found.peer, found.chunked, found.has_body)


def test_a_chunked_head_says_so(read):
    """Its length is unknown, and the coding's case doesn't matter."""
    found = read(get(b"Transfer-Encoding: Chunked", method=b"POST"))
    assert (True, None, True) == (found.chunked, found.content_length, found.has_body)


WEBSOCKET = (b"Connection: Upgrade", b"Upgrade: WebSocket")


@pytest.mark.parametrize(
    ("is_websocket", "data"),
    [
        (True, get(*WEBSOCKET)),
        (False, get(WEBSOCKET[0])),
        (False, get(WEBSOCKET[1])),
        (False, get(WEBSOCKET[0], b"Upgrade: h2c")),
        (False, get(*WEBSOCKET, method=b"POST")),
        (False, get(*WEBSOCKET, start=b"GET / HTTP/1.0")),
        (False, get(*WEBSOCKET, b"Content-Length: 1")),
        (True, get(*WEBSOCKET, b"Content-Length: 0")),
        (False, get(*WEBSOCKET, b"Transfer-Encoding: chunked")),
    ],
)
def test_a_websocket_is_known(read, is_websocket, data):
    """By GET, 1.1, its two fields, and no body."""
    assert is_websocket == read(data).is_websocket


def test_a_request_may_have_no_fields(read):
    """HTTP/1.0 asks for none; that none is too large is no mistake of ours."""
    assert () == read(b"GET / HTTP/1.0\r\n\r\n").headers


@pytest.mark.parametrize(
    "fields",
    [
        [b"Cookie: " + b";" * 1_001],
        [b"Cookie: " + b";" * 500, b"cookie: " + b";" * 501],
        [b"Connection: " + b"a," * 101],
    ],
    ids=["cookies", "lines of cookies", "options of a connection"],
)
def test_lists_that_are_read_have_bounds(read, fields):
    """48 KB of `;` in cookies are refused before they are looked at, however many lines they take."""
    assert "headers_too_large" == read(get(*fields, b"A: " + b"a" * 2_000))


def test_as_many_cookies_as_browsers_keep_are_taken(read):
    """As many cookies as browsers keep, and as many options as any client names, are accepted."""
    fields = (
        b"Cookie: " + b"; ".join(b"a%d=b" % number for number in range(1_000)),
        b"Connection: " + b"a, " * 99 + b"a",
    )
    assert not isinstance(read(get(*fields)), str)
