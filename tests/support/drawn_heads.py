"""Heads of requests that Hypothesis draws, and such with bodies: usual ones, unusual ones, and broken ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

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
def heads(draw: Any) -> bytes:
    """A request line and fields, of which a byte may be changed, added or left out."""
    lines = [draw(LINES), *draw(st.lists(FIELDS, max_size=6))]
    if draw(st.booleans()):
        lines.insert(1, b"Host: h")
    data = b"\r\n".join(lines) + END
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(1, len(data) - 1))
        data = data[:at] + draw(st.one_of(BYTES, st.just(b""))) + data[at + draw(st.integers(0, 1)) :]
    return data


# How a head says the length of its body, mostly.
LENGTHS = st.sampled_from(
    [
        *[b"Content-Length: %d"] * 6, b"content-length: %d", b"CONTENT-LENGTH: %d", b"Content-Length: 0%d",
        b"Content-Length: +%d", b"Content-Length: %d ", b"Content-Length:%d", b"Content-Length:  %d",
        b"Content-Length: %d, 1", b"Content-Length: %d\r\n 1", b"Content-Length: %d\r\nContent-Length: 1",
        b"Content-Length: %d\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nA: %d", b"A: %d",
        b"Content-Length: %d\r\nExpect: 100-continue", b"Content-Length: %d\r\nConnection: close",
        b"Content-Length: %d\r\nConnection: keep-alive", b"Content-Length: 0\r\nA: %d", b"Content-Length: 0x%d",
    ]
)  # fmt: skip
BODIES = st.one_of(
    st.binary(min_size=1, max_size=20),
    st.sampled_from([END, b"a" + END, b"0" + END, b"1\r\na\r\n0" + END, b"GET /b HTTP/1.1\r\nHost: h" + END]),
)
STARTS = st.sampled_from([b"POST /a HTTP/1.1\r\nHost: h\r\n", b"PUT / HTTP/1.1\r\nHost: h\r\nA: b\r\n"])


@st.composite
def requests(draw: Any) -> tuple[bytes, bytes]:
    """A head, up to its first blank line, and all that follows it: a body as it is announced, or nearly so."""
    body = draw(BODIES)
    if draw(st.booleans()):
        return draw(STARTS) + b"Content-Length: %d" % len(body) + END, body
    said = draw(LENGTHS) % max(0, len(body) + draw(st.sampled_from([*[0] * 8, 1, -1, -2])))
    if draw(st.booleans()):
        data = draw(STARTS) + said + END + body
    else:
        line, rest = draw(heads()).partition(b"\r\n")[::2]
        data = line + b"\r\n" + said + b"\r\n" + rest + body
    at = data.find(END) + len(END)
    return data[:at], data[at:]
