"""A request as one writes it for curl."""

from __future__ import annotations

import click
import pytest

from postern_cli.explanation.request import written_request


def head_of(url="http://app.example.com/v1", *headers, method="GET"):
    return written_request(method, url, headers).read()


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a", "/"),
        ("http://a?b", "/?b"),
        ("http://a/b/../c%2f?d=e?f#fragment", "/b/../c%2f?d=e?f"),
        ("HTTP://a/%C3%BC", "/%C3%BC"),
    ],
)
def test_the_target_is_as_it_was_written(url, target):
    """What the gateway makes of it is the question; a fragment is never sent."""
    assert target == head_of(url).target


def test_the_host_is_the_url_s():
    """With its port, as curl sends it."""
    assert ((b"Host", b"a:8080"),) == head_of("http://a:8080/").headers


def test_a_host_header_wins():
    """A Host header replaces the URL's host, so that a gateway under another name can be explained."""
    assert ((b"Host", b"b"),) == head_of("http://a/", "Host:  b ").headers


@pytest.mark.parametrize(
    ("url", "is_tls"),
    [("http://a/", False), ("https://a/", True), ("https://a:8443/", True), ("http://[::1]/", False)],
)
def test_the_scheme_says_whether_it_is_tls(url, is_tls):
    """The scheme decides on TLS, and the port does not."""
    assert is_tls == head_of(url).is_tls


@pytest.mark.parametrize(
    ("header", "framing"),
    [
        ("Content-Length: 5", (5, False, False)),
        ("Transfer-Encoding: chunked", (None, True, False)),
        ("Upgrade: WebSocket", (None, False, False)),
        ("Accept: */*", (None, False, False)),
    ],
)
def test_headers_say_how_it_is_framed(header, framing):
    """As the data port would read them."""
    head = head_of("http://a/", header)
    assert framing == (head.content_length, head.chunked, head.is_websocket)


def test_a_websocket_is_asked_for_as_the_gateway_wants_it():
    """An upgrade is one by GET and with Connection, and no upgrade by POST."""
    fields = ("Upgrade: websocket", "Connection: Upgrade")
    assert head_of("http://a/", *fields).is_websocket
    assert not head_of("http://a/", *fields, method="POST").is_websocket


@pytest.mark.parametrize(
    ("headers", "method", "reason"),
    [
        (("Expect: something",), "POST", "expectation_failed"),
        (("X-A: " + "a" * 20_000,), "GET", "headers_too_large"),
        (("Content-Length: five",), "POST", "bad_request"),
        (("Transfer-Encoding: gzip",), "POST", "bad_request"),
        (("Content-Length: 5", "Transfer-Encoding: chunked"), "POST", "bad_request"),
        (("X-A: a\x01b",), "GET", "bad_request"),
        ((), "NONSENSE", "bad_request"),
    ],
)
def test_what_the_data_port_refuses_is_refused(headers, method, reason):
    """The reader is the gateway's own, so a head that it does not take gets the gateway's refusal."""
    assert reason == head_of("http://a/", *headers, method=method).reason


@pytest.mark.parametrize(
    ("url", "headers", "told"),
    [
        ("/v1/json", (), "a whole one"),
        ("ftp://a/", (), "a whole one"),
        ("http://user:s3cret@a/", (), "give it as a header"),
        ("http://a/", ("s3cret",), "'Name: value'"),
        ("http://a/", ("a b: s3cret",), "'Name: value'"),
        ("http://a/", ("X-A: 1\r\ns3cret: 2",), "in one line"),
        ("http://a/\r\ns3cret: 2", (), "line break"),
    ],
)
def test_what_is_no_request_is_a_mistake_of_usage(url, headers, told):
    """The message says how it is written, and quotes no secret."""
    with pytest.raises(click.UsageError, match=told) as refused:
        head_of(url, *headers)
    assert "s3cret" not in str(refused.value)


def test_bytes_outside_ascii_are_refused_in_a_target():
    """The gateway's parser takes them in escapes only, and so does the explanation."""
    assert "bad_request" == head_of("http://a/ü").reason


def test_a_method_is_a_word():
    """A folder in its place is told as such."""
    with pytest.raises(click.UsageError, match="is no method"):
        head_of(method="examples/01")


@pytest.mark.parametrize(
    ("url", "server_name"),
    [
        ("https://APP.example.com:8443/", "app.example.com"),
        ("http://app.example.com/", None),
        ("https://192.0.2.1/", None),
        ("https://[2001:db8::1]:443/", None),
    ],
)
def test_a_client_asks_for_the_host_of_the_url(url, server_name):
    """A client that comes with TLS names the URL's host in its handshake, whatever Host says, and never an address."""
    tls = head_of(url, "Host: other.example.com").tls
    assert server_name == (tls and tls.server_name)
