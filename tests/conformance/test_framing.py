"""Requests whose framing or target has more than one reading: each is refused, and what stands behind it with it.

The bytes are what a client could really send.  Nothing of them may reach the
upstream, come back in an answer, or keep the connection open.
"""

from __future__ import annotations

import pytest

import raw

CANARY = "eyJhbGciOiJub25lIn0.c2VjcmV0.Y2FuYXJ5"
# What a smuggler would like to be taken for a request of its own.
BEHIND = "GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n"

LINE = "GET /?jwt={canary} HTTP/1.1\r\n"
POST = "POST /?jwt={canary} HTTP/1.1\r\n"
HOST = "Host: app.example.com\r\n"
AUTH = "Authorization: Bearer {canary}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"

LINES = {
    "a bare line feed after the request line": "GET / HTTP/1.1\n" + HOST + AUTH + "\r\n",
    "a bare line feed after a field": LINE + HOST + "X-A: {canary}\nX-B: 2\r\n\r\n",
    "bare line feeds everywhere": "GET / HTTP/1.1\nHost: app.example.com\nX-A: {canary}\n\n",
    "a bare line feed at the end of the head": LINE + HOST + AUTH + "\n",
    "two spaces behind the method": "GET  /{canary} HTTP/1.1\r\n" + HOST + "\r\n",
    "two spaces before the version": "GET /{canary}  HTTP/1.1\r\n" + HOST + "\r\n",
    "another protocol": "GET /{canary} RTSP/1.0\r\n" + HOST + "\r\n",
    "two empty lines before the request line": "\r\n\r\n" + LINE + HOST + AUTH + "\r\n",
    "a bare line feed before the request line": "\n" + LINE + HOST + AUTH + "\r\n",
    "a bare carriage return before the request line": "\r" + LINE + HOST + AUTH + "\r\n",
    "a folded field": LINE + HOST + "X-A: 1\r\n {canary}\r\n\r\n",
    "a field folded by a tab": LINE + HOST + "X-A: 1\r\n\t{canary}\r\n\r\n",
    "a folded first field": LINE + " X-A: {canary}\r\n" + HOST + "\r\n",
    "a space before the colon": LINE + HOST + "X-A : {canary}\r\n\r\n",
    "a tab before the colon": LINE + HOST + "X-A\t: {canary}\r\n\r\n",
    "a space before the colon of Content-Length": POST + HOST + "Content-Length : 5\r\n\r\nhello",
    "no colon": LINE + HOST + "X-A {canary}\r\n\r\n",
    "no name": LINE + HOST + ": {canary}\r\n\r\n",
    "a NUL in a value": LINE + HOST + "X-A: {canary}\0b\r\n\r\n",
    "a carriage return in a value": LINE + HOST + "X-A: {canary}\rX-B: 1\r\n\r\n",
    "a control byte in a value": LINE + HOST + "X-A: {canary}\x01\r\n\r\n",
    "a space in a name": LINE + HOST + "X A: {canary}\r\n\r\n",
    "a brace in a name": LINE + HOST + "X(A): {canary}\r\n\r\n",
    "a NUL in a name": LINE + HOST + "X\0A: {canary}\r\n\r\n",
    "a byte beyond ASCII in a name": LINE + HOST + "X\xe9: {canary}\r\n\r\n",
}

LENGTHS = {
    "two different lengths": POST + HOST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": POST + HOST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths in one line": POST + HOST + "Content-Length: 5, 5\r\n\r\nhello",
    "a length with a sign": POST + HOST + "Content-Length: +5\r\n\r\nhello",
    "a negative length": POST + HOST + "Content-Length: -5\r\n\r\nhello",
    "a hexadecimal length": POST + HOST + "Content-Length: 0x5\r\n\r\nhello",
    "a length with an underscore": POST + HOST + "Content-Length: 1_0\r\n\r\nhello",
    "a length with a space inside": POST + HOST + "Content-Length: 1 0\r\n\r\nhello",
    "an empty length": POST + HOST + "Content-Length: \r\n\r\n",
    "a length beyond all numbers": POST + HOST + "Content-Length: 99999999999999999999999999\r\n\r\n",
    "a length that is a word": POST + HOST + "Content-Length: {canary}\r\n\r\n",
    "a length and chunks": POST + HOST + "Content-Length: 5\r\n" + CHUNKED + "\r\n0\r\n\r\n",
    "chunks and a length": POST + HOST + CHUNKED + "Content-Length: 5\r\n\r\n0\r\n\r\n",
}

CODINGS = {
    "gzip before chunked": POST + HOST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked before identity": POST + HOST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "identity": POST + HOST + "Transfer-Encoding: identity\r\n\r\n",
    "gzip alone": POST + HOST + "Transfer-Encoding: gzip\r\n\r\n",
    "a coding that only looks like chunked": POST + HOST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked with a parameter": POST + HOST + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "chunked in quotes": POST + HOST + 'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "chunked after a vertical tab": POST + HOST + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked twice in one line": POST + HOST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in two lines": POST + HOST + CHUNKED + CHUNKED + "\r\n0\r\n\r\n",
    "chunked and a line with identity": POST + HOST + CHUNKED + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "an empty coding": POST + HOST + "Transfer-Encoding:\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": "POST / HTTP/1.0\r\n" + HOST + AUTH + CHUNKED + "\r\n0\r\n\r\n",
}

TARGETS = {
    "two hosts": LINE + HOST + "Host: other.example.com\r\n\r\n",
    "the same host twice": LINE + HOST + HOST + "\r\n",
    "no host": LINE + AUTH + "\r\n",
    "an empty host": LINE + "Host:\r\n\r\n",
    "a host with a user": LINE + "Host: a@app.example.com\r\n\r\n",
    "a host with a path": LINE + "Host: app.example.com/x\r\n\r\n",
    "a host with a space": LINE + "Host: app.example.com evil\r\n\r\n",
    "a host with two ports": LINE + "Host: app.example.com:80:80\r\n\r\n",
    "a host with a port beyond all ports": LINE + "Host: app.example.com:99999\r\n\r\n",
    "two hosts in one line": LINE + "Host: app.example.com, evil.example.com\r\n\r\n",
    "an absolute target with a user": "GET http://a@app.example.com/ HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "an absolute target of another scheme": "GET ftp://app.example.com/ HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "an absolute target without a host": "GET http:///x HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "a target without a slash": "GET x HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "the whole server": "OPTIONS * HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "a space in the target": "GET /a b HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "a tab in the target": "GET /a\tb HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "a NUL in the target": "GET /a\0b HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "a fragment": "GET /a#{canary} HTTP/1.1\r\n" + HOST + "\r\n",
    "an encoded slash": "GET /a%2Fb HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "a method in lower case with a bad byte": "g(t / HTTP/1.1\r\n" + HOST + AUTH + "\r\n",
    "no version": "GET /\r\n" + HOST + AUTH + "\r\n",
    "a version of three parts": "GET / HTTP/1.1.1\r\n" + HOST + AUTH + "\r\n",
    "another protocol": "GET / HTTX/1.1\r\n" + HOST + AUTH + "\r\n",
    "TLS on a plain port": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 32 + "\r\n\r\n",
}


def refused(gateway, upstream, content):
    """Send a request with another behind it; gives the one answer, after which the connection has ended."""
    said = raw.everything(gateway.listen, (content + BEHIND).replace("{canary}", CANARY))
    assert [] == [seen.start for seen in upstream.requests]
    assert CANARY.encode() not in said
    assert 1 == said.count(b"HTTP/1.1 "), said
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"\r\nConnection: close" in head
    assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    return int(head.split(b" ")[1])


@pytest.mark.parametrize("content", [pytest.param(it, id=name) for name, it in LINES.items()])
def test_a_malformed_line_is_refused(content, gateway, upstream):
    """A line that two servers could read differently is 400."""
    assert 400 == refused(gateway, upstream, content)


@pytest.mark.parametrize("content", [pytest.param(it, id=name) for name, it in LENGTHS.items()])
def test_an_ambiguous_length_is_refused(content, gateway, upstream):
    """A body whose end can be read in two ways is 400."""
    assert 400 == refused(gateway, upstream, content)


@pytest.mark.parametrize("content", [pytest.param(it, id=name) for name, it in CODINGS.items()])
def test_an_odd_transfer_coding_is_refused(content, gateway, upstream):
    """Only chunked, once and alone, frames a request; everything else is 400."""
    assert 400 == refused(gateway, upstream, content)


@pytest.mark.parametrize("content", [pytest.param(it, id=name) for name, it in TARGETS.items()])
def test_a_target_without_a_single_reading_is_refused(content, gateway, upstream):
    """A host or a target that is not one is 400."""
    assert 400 == refused(gateway, upstream, content)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        pytest.param(405, "TRACE / HTTP/1.1\r\n" + HOST + AUTH + "\r\n", id="TRACE"),
        pytest.param(405, "CONNECT app.example.com:443 HTTP/1.1\r\n" + HOST + AUTH + "\r\n", id="CONNECT"),
        pytest.param(417, POST + HOST + "Expect: {canary}\r\nContent-Length: 5\r\n\r\nhello", id="an odd expectation"),
    ],
)
def test_what_is_not_for_a_gateway_is_refused(status, content, gateway, upstream):
    """Methods and expectations that no route can have get a status of their own."""
    assert status == refused(gateway, upstream, content)


@pytest.mark.parametrize(
    "version", ["HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/11.1"]
)
def test_another_version_is_refused(version, gateway, upstream):
    """Only HTTP/1.0 and 1.1 have a reading here."""
    assert 400 == refused(gateway, upstream, f"GET / {version}\r\n{HOST}{AUTH}\r\n")


def test_the_preface_of_http_2_is_refused(gateway, upstream):
    """HTTP/2 without TLS is not spoken."""
    assert 400 == refused(gateway, upstream, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
