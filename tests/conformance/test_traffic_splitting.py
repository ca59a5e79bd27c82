"""Requests that are split over several applications, counted where they arrive."""

from __future__ import annotations

import pytest

import raw
from heads import signed
from manifests import consumer, credential, route, secret, service

OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def url(upstream):
    return "http://{}:{}".format(*upstream.address)


@pytest.fixture(scope="module")
def canary(start_upstream):
    return start_upstream()


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, canary):
    """A canary of 90 and 10, of a public route and of a protected one, and one whose canary is not there."""
    split = [{"url": f"{url(module_upstream)}/stable", "weight": 90}, {"url": f"{url(canary)}/canary", "weight": 10}]
    lost = [{"url": url(module_upstream)}, {"service": {"name": "gone", "port": 80}}]
    return start_gateway(
        [
            service(upstream=None, upstreams=split),
            route(),
            route("private", paths=[{"type": "Prefix", "value": "/private"}], auth={"jwt": {}}),
            service("lost", hosts=["lost.example.com"], upstream=None, upstreams=lost),
            route("lost", serviceRef={"name": "lost"}),
            service("limited", hosts=["limited.example.com"], upstream=None, auth={"jwt": {}},
                    upstreams=[{"url": url(module_upstream)}, {"url": url(canary)}],
                    rateLimit=[{"by": "Claim", "claim": ["tenant"], "requests": 1, "per": "24h"}]),
            route("limited", serviceRef={"name": "limited"}),
            consumer(), credential(), secret(),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("has_body", [False, True], ids=["remembered", "read each time"])
def test_ninety_and_ten_of_a_hundred(gateway, upstream, canary, has_body):
    """Exactly that many arrive, on one connection and with one head, which is remembered; each as its own URL says."""
    canary.forget()
    fields, body = (["Content-Length: 2"], b"hi") if has_body else ([], b"")
    with raw.Client(gateway.listen) as client:
        statuses = [client.ask(raw.request("/a", *fields) + body).status for _ in range(100)]
    assert {200} == set(statuses)
    assert (90, 10) == (len(upstream.requests), len(canary.requests))
    assert {"/stable/a"} == {seen.target for seen in upstream.requests}
    assert {"/canary/a"} == {seen.target for seen in canary.requests}
    assert {"{}:{}".format(*canary.address)} == {seen.fields["host"] for seen in canary.requests}


def test_a_share_that_leads_nowhere_is_503(gateway, upstream):
    """Half of the requests are refused, and the other half goes on."""
    asks = raw.request("/", host="lost.example.com")
    with raw.Client(gateway.listen) as client:
        statuses = [client.ask(asks).status for _ in range(10)]
    assert [200, 503] * 5 == statuses
    assert 5 == len(upstream.requests)


def test_what_is_refused_has_no_turn(gateway, upstream, canary):
    """Requests without a token are answered before anything is chosen."""
    canary.forget()
    with raw.Client(gateway.listen) as client:
        assert {401} == {client.ask(raw.request("/private")).status for _ in range(20)}
    assert [] == upstream.requests + canary.requests


def test_what_is_beyond_a_limit_has_no_turn(gateway, upstream, canary):
    """A client that asks too often does not change which application the next request of another one reaches."""
    canary.forget()
    with raw.Client(gateway.listen) as client:
        for tenant, statuses in (("a", [200, 429, 429, 429]), ("b", [200, 429]), ("c", [200]), ("d", [200])):
            token = f"Authorization: Bearer {signed(tenant=tenant)}"
            asks = raw.request("/", token, host="limited.example.com")
            assert statuses == [client.ask(asks).status for _ in statuses]
    tenants = [[seen.fields["authorization"].split(".")[1] for seen in it.requests] for it in (upstream, canary)]
    payloads = [signed(tenant=tenant).split(".")[1] for tenant in "abcd"]
    assert [payloads[::2], payloads[1::2]] == tenants
