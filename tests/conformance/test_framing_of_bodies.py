"""Chunked requests with mistakes in them, and what of framing is right and must pass."""

from __future__ import annotations

import pytest

import raw

CANARY = "eyJhbGciOiJub25lIn0.c2VjcmV0.Y2FuYXJ5"
HEAD = "POST /up HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
BEHIND = "GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n"

BAD_CHUNKS = {
    "a negative size": "-5\r\nhello\r\n0\r\n\r\n",
    "a size with a sign": "+5\r\nhello\r\n0\r\n\r\n",
    "a size with a prefix": "0x5\r\nhello\r\n0\r\n\r\n",
    "a size beyond all numbers": "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "a size that is none": "{canary}\r\nhello\r\n0\r\n\r\n",
    "no size": "\r\nhello\r\n0\r\n\r\n",
    "a size with an underscore": "1_0\r\nhello\r\n0\r\n\r\n",
    "a size ended by a bare line feed": "5\nhello\r\n0\r\n\r\n",
    "no end of line after the bytes": "5\r\nhello0\r\n\r\n",
    "a bare line feed after the bytes": "5\r\nhello\n0\r\n\r\n",
    "a chunk longer than its size": "5\r\nhello{canary}\r\n0\r\n\r\n",
    "a bare line feed in an extension": "5;a=b\nhello\r\n0\r\n\r\n",
    "a NUL in an extension": "5;a=\0b\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("chunks", [pytest.param(it, id=name) for name, it in BAD_CHUNKS.items()])
@pytest.mark.parametrize("good", ["", "3\r\nabc\r\n"], ids=["at once", "after a good chunk"])
def test_a_bad_chunk_ends_the_connection(chunks, good, gateway, upstream):
    """At most one answer comes, a 400; the upstream never sees the end of the body, nor what follows it."""
    said = raw.everything(gateway.listen, (HEAD + good + chunks + BEHIND).replace("{canary}", CANARY))
    assert said.count(b"HTTP/1.1 ") <= 1
    assert said[9:12] in (b"", b"400")
    assert CANARY.encode() not in said
    assert [] == [seen.start for seen in upstream.requests if "/smuggled" in seen.target or seen.is_whole]


@pytest.mark.parametrize(
    ("chunks", "body"),
    [
        pytest.param("5\r\nhello\r\n0\r\n\r\n", b"hello", id="one chunk"),
        pytest.param("5;name=value\r\nhello\r\n0;last\r\n\r\n", b"hello", id="an extension"),
        pytest.param("00005\r\nhello\r\n000\r\n\r\n", b"hello", id="leading zeros"),
        pytest.param("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", b"01234567890123456789", id="both cases"),
        pytest.param("5\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n", b"hello", id="a trailer"),
        pytest.param("0\r\n\r\n", b"", id="nothing"),
        pytest.param("2\r\n\r\n\r\n0\r\n\r\n", b"\r\n", id="line ends as content"),
    ],
)
def test_a_chunked_body_arrives_as_it_was_meant(chunks, body, gateway, upstream):
    """The upstream gets the same content in chunks without extensions and trailers, and what follows is answered."""
    with raw.Client(gateway.listen) as client:
        assert 200 == client.ask(HEAD + chunks).status
        assert 200 == client.ask(BEHIND).status
    first, second = upstream.requests
    assert "chunked" == first.fields["transfer-encoding"]
    assert "content-length" not in first.fields
    assert body == decoded(first.body)
    assert b"X-Trailer" not in first.body
    assert b";" not in first.body
    assert "/smuggled" == second.target


def decoded(chunked):
    """The content of a chunked body."""
    content, rest = b"", chunked
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not int(size, 16):
            assert b"\r\n" == rest
            return content
        content += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]


@pytest.mark.parametrize("pieces", [1, 3, 7, 50])
def test_a_request_may_come_in_pieces(pieces, gateway, upstream):
    """Where packets begin and end makes no difference."""
    content = (HEAD + "5\r\nhello\r\n3;x\r\n123\r\n0\r\n\r\n" + BEHIND).encode()
    with raw.Client(gateway.listen) as client:
        size = -(-len(content) // pieces)
        for start in range(0, len(content), size):
            client.send(content[start : start + size])
        assert [200, 200] == [client.answer().status, client.answer().status]
    assert b"hello123" == decoded(upstream.requests[0].body)


@pytest.mark.parametrize(("method", "length"), [("GET", None), ("POST", None), ("POST", "0")])
def test_no_body_stays_no_body(method, length, gateway, upstream):
    """A length of 0 is passed on, and none is made up."""
    lines = [f"Content-Length: {length}"] if length else []
    assert 200 == raw.ask(gateway.listen, raw.request("/a", *lines, method=method)).status
    fields = upstream.requests[0].fields
    assert (length, None) == (fields.get("content-length"), fields.get("transfer-encoding"))


def test_connection_cannot_take_away_what_the_gateway_says(gateway, upstream):
    """Naming framing, Host or the forwarding fields as hop-by-hop changes nothing about them."""
    named = "Connection: Content-Length, Transfer-Encoding, Host, X-Forwarded-For, X-Other"
    content = raw.request("/a", named, "X-Other: 1", method="POST", body=b"hello")
    assert 200 == raw.ask(gateway.listen, content).status
    [seen] = upstream.requests
    sent = ("app.example.com", "5", "127.0.0.1", None)
    assert sent == tuple(seen.fields.get(it) for it in ("host", "content-length", "x-forwarded-for", "x-other"))
    assert b"hello" == seen.body


def test_empty_lines_before_a_request_are_forgiven(gateway, upstream):
    """RFC 9112, section 2.2, asks to ignore at least one of them."""
    assert 200 == raw.ask(gateway.listen, b"\r\n" + raw.request("/a")).status
    assert ["/a"] == [seen.target for seen in upstream.requests]


def test_an_absolute_target_is_taken(gateway, upstream):
    """Its host wins over the Host field, and the upstream gets a path."""
    content = "GET http://app.example.com/a?b HTTP/1.1\r\nHost: nobody.example.com\r\n\r\n"
    assert 200 == raw.ask(gateway.listen, content).status
    [seen] = upstream.requests
    assert ("/a?b", "app.example.com") == (seen.target, seen.fields["host"])


@pytest.mark.parametrize(
    "host", ["Host: app.example.com\r\n", "Host:app.example.com\r\n", "hOST: \t app.example.com \r\n"]
)
def test_spaces_around_a_value_do_not_count(host, gateway, upstream):
    """RFC 9112, section 5: optional whitespace around a value is not part of it."""
    assert 200 == raw.ask(gateway.listen, f"GET / HTTP/1.1\r\n{host}\r\n").status
    assert "app.example.com" == upstream.requests[0].fields["host"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH", "REPORT"])
def test_any_other_method_goes_on(method, gateway, upstream):
    """A method is the application's affair."""
    assert 200 == raw.ask(gateway.listen, raw.request("/a", method=method)).status
    assert f"{method} /a HTTP/1.1" == upstream.requests[0].start


def test_the_head_goes_on_byte_for_byte(gateway, upstream):
    """Fields keep their order, their case and their bytes; those of the gateway follow."""
    lines = [
        "X-B: 2",
        "x-a: 1",
        "X-B: 3",
        "Accept-Encoding: gzip",
        "X-Bytes: \xe9\xff",
        "User-Agent: test",
        "X-Empty: ",
    ]
    assert 200 == raw.ask(gateway.listen, raw.request("/a", *lines)).status
    sent = upstream.requests[0].head.decode("latin-1").split("\r\n")[2 : 2 + len(lines)]
    assert lines == sent
