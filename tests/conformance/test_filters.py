"""Header fields that a gateway changes, as an application and its clients see them."""

from __future__ import annotations

import pytest

import raw
from manifests import consumer, credential, route, secret, service
from upstream_behaviours import echo_tunnel, says

CHANGES = {
    "requestHeaders": {
        "set": [{"name": "X-Tenant", "value": "blue"}],
        "add": [{"name": "X-Via", "value": "gateway"}],
        "remove": ["Authorization", "X-Debug"],
    },
    "responseHeaders": {
        "set": [{"name": "X-Frame-Options", "value": "DENY"}],
        "add": [{"name": "Set-Cookie", "value": "seen=1"}],
        "remove": ["Server"],
    },
}
ORIGIN = "https://a.example"
HANDSHAKE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
FIELDS = "Server: app\r\nx-frame-options: ALLOWALL\r\nSet-Cookie: a=b\r\n"


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """One with filters on an open route and on a protected one."""
    url = "http://{}:{}".format(*module_upstream.address)
    private = route("private", paths=[{"type": "Prefix", "value": "/private"}], auth={"jwt": {}})
    cors = {"allowOrigins": [ORIGIN]}
    return start_gateway(
        [service(upstream={"url": url}, cors=cors, **CHANGES), route(), private, consumer(), credential(), secret()]
    )


def changed(answer):
    return answer.values("Server"), answer.values("X-Frame-Options"), answer.values("Set-Cookie")


def test_a_request_is_changed_each_time(gateway, upstream):
    """A request that is remembered is changed as one that is read; what is written is there once."""
    asks = raw.request("/", "X_tenant: red", "x-via: proxy", "Authorization: Basic x", "X-DEBUG: 1", "X-Other: a")
    for _ in range(4):
        assert 200 == raw.ask(gateway.listen, asks).status
    for seen in upstream.requests:
        told = {name: seen.fields.get(name) for name in ("x-tenant", "x_tenant", "x-via", "authorization", "x-debug")}
        assert ["blue", None, "proxy, gateway", None, None] == list(told.values())
        assert "a" == seen.fields["x-other"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("status", "length"), [("200 OK", "Content-Length: 2\r\n"), ("304 Not Modified", "")])
def test_an_answer_is_changed_whatever_it_is(gateway, upstream, method, status, length):
    """Answers with a body and without are changed alike, and framed as before."""
    body = "ok" if length and method == "GET" else ""
    upstream.on("/a", says(f"HTTP/1.1 {status}\r\n{FIELDS}{length}\r\n{body}"))
    with raw.Client(gateway.listen) as client:
        for _ in range(3):
            answer = client.ask(raw.request("/a", f"Origin: {ORIGIN}", method=method), method=method)
            assert ([], ["DENY"], ["a=b", "seen=1"]) == changed(answer)
            assert (int(status[:3]), body.encode()) == (answer.status, answer.body)
            assert ([ORIGIN], ["Origin"]) == (answer.values("Access-Control-Allow-Origin"), answer.values("Vary"))
            assert (["2"] if length else []) == answer.values("Content-Length")


def test_what_comes_before_an_answer_goes_on_as_it_came(gateway, upstream):
    """A 103 is no answer yet."""
    upstream.on("/hints", says(f"HTTP/1.1 103 Early Hints\r\n{FIELDS}\r\n", "HTTP/1.1 204 No Content\r\n\r\n"))
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/hints"))
        hints, answer = client.answer(), client.answer()
    assert (103, (["app"], ["ALLOWALL"], ["a=b"])) == (hints.status, changed(hints))
    assert (204, ([], ["DENY"], ["seen=1"])) == (answer.status, changed(answer))


def test_an_upgrade_is_changed_and_works(gateway, upstream):
    """The 101 of a WebSocket is an answer, and bytes go both ways after it."""
    upstream.on("/ws", echo_tunnel)
    with raw.Client(gateway.listen) as client:
        client.send(raw.request("/ws", *HANDSHAKE, "Sec-WebSocket-Version: 13"))
        answer = client.answer()
        assert (101, ([], ["DENY"], ["seen=1"])) == (answer.status, changed(answer))
        assert (["websocket"], ["Upgrade"]) == (answer.values("Upgrade"), answer.values("Connection"))
        client.send(b"ping")
        assert b"ping" == client.exactly(4)
    assert ("blue", "websocket") == tuple(upstream.requests[0].fields[name] for name in ("x-tenant", "upgrade"))


def test_the_gateway_s_own_answers_stay(gateway, upstream):
    """A refusal has no field of a filter: one about caching would let a cache keep it."""
    for _ in range(3):
        answer = raw.ask(gateway.listen, raw.request("/private"))
        assert (401, ([], [], [])) == (answer.status, changed(answer))
    assert [] == upstream.requests
