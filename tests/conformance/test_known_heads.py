"""Clients that share an address share what is remembered of heads; none can change by it what another gets."""

from __future__ import annotations

import pytest

import raw
from gateway import DataPlane
from heads import signed
from manifests import consumer, credential, route, secret, service

ALICE, BOB = signed(), signed(key="bob")


@pytest.fixture(scope="module", params=["on", "off"])
def gateway(start_gateway, module_upstream, request):
    """One worker, so that all connections are the same process's: an open host, and one that asks for a token."""
    endpoints = {"endpoints": [{"address": module_upstream.address[0], "port": module_upstream.address[1]}]}
    served = [
        service(upstream=endpoints),
        route(auth={"jwt": {}}),
        service("open", hosts=["open.example.com"], upstream=endpoints),
        route("open", serviceRef={"name": "open"}),
        *(consumer(), credential(), secret()),
        *(consumer("bob"), credential("bob", consumerRef={"name": "bob"})),
    ]
    return start_gateway(served, "--remember-heads", request.param, kind=DataPlane, workers=1)


def asks(target, token=None, *, host="app.example.com"):
    return raw.request(target, *([f"Authorization: Bearer {token}"] if token else []), host=host)


def let_it_read(gateway):
    """Return when the gateway has read what was sent before: a worker reads in the order in which bytes come."""
    assert 200 == raw.ask(gateway.listen, asks("/between", host="open.example.com")).status


def sent(upstream):
    """The target of each request that has gone upstream, and whose it was."""
    seen = [(it.target, it.fields.get("x-consumer-username")) for it in upstream.requests]
    return [it for it in seen if it[0] != "/between"]


def send_in_packets(gateway, client, *packets):
    for packet in packets:
        client.send(packet)
        let_it_read(gateway)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_no_client_decides_what_another_s_request_is(gateway, upstream, cut):
    """Not by a packet that ends one head and brings another, which was once read for the next one: POSTERN-2026-1."""
    victim, first = f"/victim/{cut}", asks("/a", host="open.example.com")
    assert 200 == raw.ask(gateway.listen, asks(victim, ALICE)).status
    with raw.Client(gateway.listen) as attacker:
        send_in_packets(gateway, attacker, first[:-cut])
        attacker.send(first[-cut:] + asks("/stolen", ALICE))
        assert [200, 200] == [attacker.answer().status for _ in range(2)]
        assert [200, 200] == [attacker.ask(asks(victim, ALICE)).status for _ in range(2)]
    assert 200 == raw.ask(gateway.listen, asks(victim, BOB)).status
    expected = [("/a", None), ("/stolen", "alice"), (victim, "alice"), (victim, "alice"), (victim, "bob")]
    assert [(victim, "alice"), *expected] == sent(upstream)


def test_a_pipelining_client_gets_all_of_its_answers(gateway, upstream):
    """Wherever the network has cut what it sent."""
    targets = [f"/{number}" for number in range(4)]
    content = b"".join(asks(target, ALICE) for target in targets)
    size = len(asks("/0", ALICE))
    for cut in (-3, -2, -1, 1, 2, 3):
        upstream.forget()
        with raw.Client(gateway.listen) as client:
            send_in_packets(gateway, client, content[: size + cut])
            client.send(content[size + cut :])
            assert [200] * 4 == [client.answer().status for _ in targets]
        assert [(target, "alice") for target in targets] == sent(upstream)


def test_a_trailer_is_no_field_of_the_next_request(gateway, upstream):
    """Which may be another client's, where a proxy in front shares its connections among them: POSTERN-2026-2."""
    head = b"POST /up HTTP/1.1\r\nHost: open.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
    trailing = head + f"0\r\nAuthorization: Bearer {BOB}\r\n\r\n".encode()
    with raw.Client(gateway.listen) as client:
        assert 200 == client.ask(trailing).status
        assert 401 == client.ask(asks("/a")).status
        client.send(trailing + asks("/a") + asks("/a", ALICE))
        assert [200, 401, 200] == [client.answer().status for _ in range(3)]
    assert [("/up", None), ("/up", None), ("/a", "alice")] == sent(upstream)
