"""Requests are counted each time, whether their decision is remembered or not."""

from __future__ import annotations

import time

import pytest

from heads import signed, table
from manifests import consumer, credential, route, secret, service
from postern_dataplane.server import client_connection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
UPSTREAM = {"endpoints": [{"address": "10.0.0.1", "port": 80}]}


@pytest.fixture
def limited(port):
    """Puts a table into force whose route has this limit."""

    def serve(by, requests, auth=None, **spec):
        limits = [{"by": by, "requests": requests, "per": "24h"}]
        served = table(
            service(upstream=UPSTREAM, rateLimit=limits, **spec), route(**({"auth": auth} if auth else {})),
            consumer(), credential(), secret(),
        )  # fmt: skip
        port.active_table.swap(served, 0.0)

    return serve


def ask(port, client, *fields, times=1, **request):
    """The statuses of so many requests."""
    for _ in range(times):
        client.get("/", *fields, **request)
        while port.loop.dialled and port.upstream.handler is not None:
            port.answer(OK)
    return client.statuses()


def test_remembered_requests_are_counted(port, client, limited):
    """A packet that comes again and again passes as often as the limit says."""
    limited("Client", 5)
    assert [200] * 5 + [429] * 4 == ask(port, client, times=9)
    assert [(200, "")] * 5 + [(429, "rate_limited")] * 4 == port.outcomes()


def test_remembered_tokens_are_counted(port, client, limited):
    """With one token or another of the same caller."""
    limited("Consumer", 5, {"jwt": {}})
    fields = [f"Authorization: Bearer {signed(jti=str(number))}" for number in range(3)]
    statuses = [status for _ in range(3) for field in fields for status in ask(port, client, field)]
    assert [200] * 5 + [429] * 4 == statuses
    assert {"alice"} == {record.consumer for record in port.observer.records}


def test_remembered_refusals_are_counted(port, client, limited):
    """A missing token is refused with 401 as often as the limit says."""
    limited("Client", 5, {"jwt": {}})
    assert [401] * 5 + [429] * 4 == ask(port, client, times=9)


def test_connections_of_one_address_count_together(port, limited):
    """A new connection is no new client."""
    limited("Client", 3)
    assert [[200], [200], [200], [429]] == [ask(port, port.client()) for _ in range(4)]


def test_a_clock_that_is_set_back_closes_no_limit(port, client, limited, monkeypatch):
    """Waiting for as long as the answer says is enough, whatever the time of day does meanwhile."""
    limited("Client", 1)
    wall, worker = time.time(), time.monotonic()
    assert [200, 429] == ask(port, client, times=2)
    monkeypatch.setattr(client_connection.time, "time", lambda: wall - 10 * 86_400)
    monkeypatch.setattr(client_connection.time, "monotonic", lambda: worker + 86_401)
    assert [200, 429] == ask(port, client, times=2)


def test_a_refusal_is_a_whole_answer(port, client, limited):
    """It leaves the connection open, and each has the wait of its own."""
    limited("Client", 1, cors={"allowOrigins": ["*"]})
    ask(port, client)
    client.get("/", "Origin: https://a.example")
    [head, body] = client.take().split(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    assert (b"HTTP/1.1 429 Too Many Requests", b'{"message":"Too many requests"}') == (start, body)
    assert {
        b"Content-Type: application/json", b"Content-Length: 31", b"Access-Control-Allow-Origin: *",
        b"Retry-After: 86400", b'RateLimit-Policy: "client";q=1;w=86400', b'RateLimit: "client";r=0;t=86400',
    } <= set(lines)  # fmt: skip
    assert [] == [line for line in lines if line.startswith(b"Connection")]


def test_an_unread_body_ends_the_connection(port, client, limited):
    """As with every refusal of a request whose body is still to come."""
    limited("Client", 1)
    ask(port, client)
    client.get("/", "Content-Length: 5", method="POST")
    assert b"\r\nConnection: close\r\n" in client.take()


def test_limits_that_no_route_has_are_not_looked_at(port, client):
    """Nothing is counted."""
    ask(port, client, times=5)
    assert 0 == len(port.gateway.token_buckets)


def test_keys_of_remembered_heads_have_their_place_in_the_bound(port, client, limited):
    """A head of a limited route takes more of the memory for heads, with the keys of its last token."""
    limited("Client", 5, {"jwt": {}})
    ask(port, client, f"Authorization: Bearer {signed()}", times=3)
    ask(port, client, times=2)
    cache = port.gateway.decision_cache
    [template], [refusal] = (list(it._young.values()) for it in (cache._passing, cache._refused))
    assert (2, 1) == (template.keys, refusal.keys)
