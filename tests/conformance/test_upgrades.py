"""WebSocket upgrades: after a 101 the gateway passes bytes both ways, and knows nothing of them."""

from __future__ import annotations

import pytest

import manifests
import raw
from gateway import Local, open_to
from secure_gateway import SecureDataPlane
from upstream_behaviours import Tunnel, echo_tunnel, says

ASK = (
    "GET /ws HTTP/1.1\r\nHost: app.example.com\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FRAME = bytes(range(256))
LARGE = 2**23


@pytest.fixture(scope="module", params=[Local, SecureDataPlane], ids=["plain", "TLS"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, kind):
    """A gateway with an open route, and one with a protected path."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    return start_gateway([*open_to(module_upstream.address), closed], kind=kind)


@pytest.fixture
def tunnel(gateway, upstream):
    """A client whose connection has become a tunnel that echoes."""
    upstream.on("/ws", echo_tunnel)
    with raw.Client(gateway.listen) as client:
        client.send(ASK)
        answer = client.answer()
        assert (101, "websocket", "Upgrade") == (
            answer.status,
            answer.value("Upgrade"),
            answer.value("Connection"),
        )
        assert "1" == answer.value("X-Kept")
        yield client


def test_the_upstream_is_asked_to_upgrade(tunnel, upstream):
    """It gets the fields of the handshake, and Connection and Upgrade of the gateway's own."""
    fields = upstream.requests[0].fields
    assert ("Upgrade", "websocket") == (fields["connection"], fields["upgrade"])
    assert ("dGhlIHNhbXBsZSBub25jZQ==", "13") == (fields["sec-websocket-key"], fields["sec-websocket-version"])


def test_bytes_go_both_ways(tunnel):
    """Whatever they are, and more than once."""
    for _ in range(3):
        tunnel.send(FRAME)
        assert FRAME == tunnel.exactly(len(FRAME))


def test_what_looks_like_a_request_is_none(tunnel, upstream):
    """Nothing in a tunnel is read as HTTP."""
    smuggled = raw.request("/smuggled")
    tunnel.send(smuggled)
    assert smuggled == tunnel.exactly(len(smuggled))
    assert 1 == len(upstream.requests)


def test_the_client_may_end_it(tunnel, upstream):
    """The upstream sees the end."""
    tunnel.send(FRAME)
    assert FRAME == tunnel.exactly(len(FRAME))
    tunnel.close()
    upstream.wait(lambda: upstream.requests[0].is_gone, "the end of the tunnel")


def test_the_upstream_may_end_it(tunnel):
    """The client sees the end."""
    tunnel.send(b"bye")
    assert b"" == tunnel.rest()


def test_what_the_upstream_said_before_the_end_arrives(gateway, upstream):
    """A client that reads slowly gets all of it."""
    upstream.on("/ws", Tunnel(bytes(LARGE)))
    with raw.Client(gateway.listen, receive_buffer=2**16) as client:
        client.send(ASK)
        assert 101 == client.answer().status
        assert LARGE == len(client.rest())


def test_what_the_client_said_before_the_end_arrives(gateway, upstream):
    """The upstream gets all of it, although the client has gone."""
    tunnel = Tunnel()
    upstream.on("/ws", tunnel)
    with raw.Client(gateway.listen) as client:
        client.send(ASK)
        assert 101 == client.answer().status
        client.send(bytes(LARGE))
    upstream.wait(lambda: upstream.requests[0].is_gone, "the end of the tunnel")
    assert LARGE == tunnel.size


@pytest.mark.parametrize("split", [False, True], ids=["with the head", "before the answer"])
def test_early_bytes_are_not_lost(split, gateway, upstream):
    """What a client sends before the 101 belongs to the tunnel."""
    upstream.on("/ws", echo_tunnel)
    with raw.Client(gateway.listen) as client:
        if split:
            client.send(ASK)
            client.send(FRAME)
        else:
            client.send(ASK.encode() + FRAME)
        assert 101 == client.answer().status
        assert FRAME == client.exactly(len(FRAME))


def test_bytes_right_behind_a_101_are_not_lost(gateway, upstream):
    """What the upstream sends in one packet with its 101 belongs to the tunnel."""
    head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    upstream.on("/ws", says(head.encode() + FRAME, closes=True))
    with raw.Client(gateway.listen) as client:
        client.send(ASK)
        assert 101 == client.answer().status
        assert FRAME == client.rest()


def test_an_upstream_may_decline(gateway, upstream):
    """Its ordinary answer is passed on."""
    upstream.on("/ws", says("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno"))
    with raw.Client(gateway.listen) as client:
        answer = client.ask(ASK)
    assert (426, b"no") == (answer.status, answer.body)


def test_nothing_follows_what_was_declined(gateway, upstream):
    """Whether the bytes behind it are a request or the other protocol's nobody can say, so the connection ends."""
    upstream.on("/ws", says("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno"))
    said = raw.everything(gateway.listen, ASK.encode() + raw.request("/smuggled"))
    assert 1 == said.count(b"HTTP/1.1 ")
    assert ["/ws"] == [seen.target for seen in upstream.requests]


def test_a_request_with_a_body_is_no_upgrade(gateway, upstream):
    """It goes on as the ordinary request that it also is."""
    content = ASK.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello")
    assert 200 == raw.ask(gateway.listen, content).status
    assert (b"hello", False) == (upstream.requests[0].body, "upgrade" in upstream.requests[0].fields)


def test_an_upgrade_needs_a_token_like_any_request(gateway, upstream):
    """A protected route refuses it before anything goes upstream."""
    assert 401 == raw.ask(gateway.listen, ASK.replace("/ws", "/closed")).status
    assert [] == upstream.requests


@pytest.mark.parametrize("protocol", ["h2c", "TLS/1.2", "websocket2", "websocket, h2c"])
def test_other_protocols_are_not_spoken(protocol, gateway, upstream):
    """Such an offer is dropped, and the request goes on as the ordinary one that it also is."""
    assert 200 == raw.ask(gateway.listen, ASK.replace("Upgrade: websocket", f"Upgrade: {protocol}")).status
    assert "upgrade" not in upstream.requests[0].fields
