"""Redirects of routes, as clients meet them."""

from __future__ import annotations

import pytest

import raw
from gateway import Local
from manifests import consumer, credential, route, secret, service
from secure_gateway import SecureDataPlane

MOVED = {"hostname": "www.example.com", "statusCode": 308}


@pytest.fixture(scope="module", params=[Local, SecureDataPlane], ids=["plain", "TLS"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def scheme(kind):
    return "http" if kind is Local else "https"


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, kind):
    """A Service that has moved and asks for tokens, and Routes that redirect by scheme, and that don't."""
    url = "http://{}:{}".format(*module_upstream.address)
    served = [
        service(upstream={"url": url}, auth={"jwt": {}}, redirect=MOVED),
        route(),
        route("secure", paths=[{"type": "Prefix", "value": "/secure"}], redirect={"scheme": "https"}),
        route("here", paths=[{"type": "Prefix", "value": "/here"}], redirect={}),
    ]
    return start_gateway([*served, consumer(), credential(), secret()], kind=kind)


@pytest.mark.parametrize(
    ("target", "host", "address"),
    [
        ("/a?b=c", "app.example.com", "://www.example.com/a?b=c"),
        ("/", "app.example.com:8080", "://www.example.com:8080/"),
        ("//evil.example/%2e%2e/x", "app.example.com", "://www.example.com/x"),
        ("//evil.example", "app.example.com", "://www.example.com/evil.example"),
        ("http://app.example.com/a", "other.example.com", "://www.example.com/a"),
    ],
)
def test_a_client_is_sent_elsewhere_before_a_token_is_asked_for(gateway, scheme, target, host, address):
    """A remembered request is answered as one that is read, the connection goes on."""
    with raw.Client(gateway.listen) as client:
        for _ in range(4):
            answer = client.ask(raw.request(target, host=host))
            assert (308, scheme + address, "Moved") == (answer.status, answer.value("Location"), answer.message)


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_every_method_is_sent_elsewhere(gateway, upstream, scheme, method):
    """A HEAD has the fields of a GET and no body."""
    answer = raw.ask(gateway.listen, raw.request("/a", method=method), method=method)
    assert (308, f"{scheme}://www.example.com/a") == (answer.status, answer.value("Location"))
    assert (method == "HEAD") == (answer.body == b"")


def test_a_redirect_to_https_ends_there(gateway, upstream, scheme):
    """Over TLS the request is served, which asks for a token, and without TLS it is sent to it."""
    for _ in range(3):
        answer = raw.ask(gateway.listen, raw.request("/secure/a?b"))
        if scheme == "http":
            assert (302, "https://app.example.com/secure/a?b") == (answer.status, answer.value("Location"))
        else:
            assert (401, None) == (answer.status, answer.value("Location"))
    assert [] == upstream.requests


def test_a_body_does_not_keep_a_redirect_waiting(gateway, upstream):
    """The answer comes at the head, and what comes of the body is no request."""
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/a", "Content-Length: 30", method="POST"))
        assert 308 == client.answer().status
        client.send(b"GET /stolen HTTP/1.1\r\n\r\n")
    assert [] == upstream.requests


def test_the_empty_block_redirects_nothing(gateway):
    """A Route takes itself out of what its Service says."""
    assert 401 == raw.ask(gateway.listen, raw.request("/here")).status
