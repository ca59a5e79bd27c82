"""A head that is read as a plain one has that reading by the other parser too, whatever its bytes."""

from __future__ import annotations

import asyncio

from aiohttp.http import HttpVersion11
from aiohttp.streams import EMPTY_PAYLOAD
from hypothesis import given
from hypothesis import strategies as st

from postern_dataplane.http1.plain_head import read_plain_head
from postern_dataplane.http1.request_parser import make_parser
from postern_dataplane.request.field_layout import taken_apart
from postern_dataplane.settings import Limits

LIMITS = Limits()
LOOP = asyncio.new_event_loop()
END = b"\r\n\r\n"

LINES = st.sampled_from(
    [
        b"GET / HTTP/1.1", b"GET /a?b=c HTTP/1.1", b"POST /a/%41 HTTP/1.1", b"GET //a HTTP/1.1", b"GET /#a HTTP/1.1",
        b"GET /a HTTP/1.0", b"get / HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET http://h/ HTTP/1.1", b"GET / RTSP/1.1",
        b"GET  / HTTP/1.1", b"CONNECT h:1 HTTP/1.1", b"GET /\xe9 HTTP/1.1", b"GET / HTTP/1.1 ",
        b"DELETE /a[]{}| HTTP/1.1",
    ]
)  # fmt: skip
FIELDS = st.sampled_from(
    [
        b"Host: h", b"host:h", b"Host: h ", b"HOST:\th", b"A: b", b"a: c", b"A:", b"A: ", b"A:  b", b"A: b\t",
        b"A : b", b" folded", b"\tfolded", b": b", b"A", b"Connection: close", b"Connection: keep-alive",
        b"connection: Keep-Alive", b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: 0",
        b"Content-Length: 3", b"Expect: 100-continue", b"Transfer-Encoding: chunked", b"Proxy-Connection: close",
        b"Sec-WebSocket-Key1: 1", b"User-Agent: a", b"User-Agent: b", b"Cookie: a=1; b", b"X: \xe9\xff",
        b"X: a\x00b", b"X: a\x0b", b"X: \x0c", b"X: a\nb", b"X: a\rb", b"X\xe9: a", b"X!#$%&'*+-.^_`|~: a", b"X(: a",
        b"Content-Encoding: gzip", b"ETag: a", b"etag: b",
    ]
)  # fmt: skip
BYTES = st.sampled_from([bytes([byte]) for byte in (*range(0x21), 0x22, 0x23, 0x3A, 0x7F, 0x80, 0xFF)])


@st.composite
def heads(draw):
    """A request line and fields, of which a byte may be changed, added or left out."""
    lines = [draw(LINES), *draw(st.lists(FIELDS, max_size=6))]
    if draw(st.booleans()):
        lines.insert(1, b"Host: h")
    data = b"\r\n".join(lines) + END
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(1, len(data) - 1))
        data = data[:at] + draw(st.one_of(BYTES, st.just(b""))) + data[at + draw(st.integers(0, 1)) :]
    return data


def read_by_the_other_parser(data):
    """What `feed` would make of the packet, None for anything but a whole plain request."""
    parser = make_parser(LIMITS, LOOP)
    try:
        before, after = parser.feed_data(data[:-1])[0], parser.feed_data(data[-1:])[0]
    except Exception:  # noqa: BLE001 # whatever it raises, it refuses
        return None
    if before or len(after) != 1:
        return None
    message, body = after[0]
    is_plain = message.version == HttpVersion11 and body is EMPTY_PAYLOAD
    if not is_plain or message.should_close or message.upgrade or message.chunked:
        return None
    return message.method, message.path, message.raw_headers


def test_nothing_unusual_makes_up_for_a_field_that_is_there_twice():
    """Lines without a space behind the colon are a byte shorter each: eight of them hide a line of eight bytes."""
    short = [b"%c:1" % letter for letter in b"BCDEFGHI"]
    for twice in (b"Host:b", b"A:1234", b" folded"):
        data = b"\r\n".join([b"GET / HTTP/1.1", b"Host: a", b"A: 1", *short, twice]) + END
        assert read_plain_head(data, LIMITS.max_headers) is None


@given(heads())
def test_a_plain_head_has_one_reading(data):
    """What the other parser reads otherwise, or refuses, is never a plain head."""
    if data.find(END) != len(data) - len(END) or data[0] in b"\r\n":
        return
    plain = read_plain_head(data, LIMITS.max_headers)
    if plain is not None:
        assert (plain.method, plain.path, plain.raw_headers) == read_by_the_other_parser(data)
        assert (plain.layout, plain.values) == taken_apart(plain.raw_headers)
