"""Rate limits, as clients of a running gateway meet them."""

from __future__ import annotations

import pytest

import raw
from gateway import DataPlane
from heads import signed
from manifests import consumer, credential, route, secret, service
from upstream_behaviours import says

ORIGIN = "https://a.example"
OK = says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
RESPONSES = {"bodies": [{"status": 429, "contentType": "text/plain", "body": "Slowly.\n"}]}
GOOD = f"Authorization: Bearer {signed()}"
BAD = f"Authorization: Bearer {signed(secret='x' * 32)}"


def limited(path, *limits, **spec):
    paths = [{"type": "Exact", "value": path}]
    return route(path.strip("/"), paths=paths, rateLimit=[{"per": "24h"} | limit for limit in limits], **spec)


@pytest.fixture
def gateway(start_gateway, module_upstream):
    """One with a route for each kind of limit, whose buckets no other test has used."""
    url = "http://{}:{}".format(*module_upstream.address)
    jwt = {"auth": {"jwt": {}}}
    return start_gateway(
        [
            service(upstream={"url": url}, cors={"allowOrigins": [ORIGIN]}),
            limited("/client", {"by": "Client", "requests": 3}),
            limited("/own", {"by": "Client", "requests": 1}, responses=RESPONSES),
            limited("/guess", {"by": "Client", "requests": 3}, **jwt),
            limited("/caller", {"by": "Consumer", "requests": 3}, {"by": "Route", "requests": 5}, **jwt),
            limited("/tenant", {"by": "Claim", "claim": ["tenant"], "requests": 2}, **jwt),
            consumer(), credential(), secret(),
        ],
        kind=DataPlane,
    )  # fmt: skip


def asked(client, target, *fields, times=1, **request):
    """The statuses of so many requests on one connection."""
    return [client.ask(raw.request(target, *fields, **request)).status for _ in range(times)]


def test_the_bytes_of_a_refusal(gateway, upstream):
    """The wait is that of one request, in seconds; the connection goes on."""
    upstream.on("/client", OK)
    with raw.Client(gateway.listen) as client:
        assert [200] * 3 == asked(client, "/client", times=3)
        for _ in range(3):
            refusal = client.ask(raw.request("/client"))
            start, date, *lines = refusal.head.split(b"\r\n")
            assert (b"HTTP/1.1 429 Too Many Requests", b"Date: ") == (start, date[:6])
            assert [
                b"Content-Type: application/json", b"Content-Length: 31", b"Vary: Origin", b"Retry-After: 28800",
                b'RateLimit-Policy: "client";q=3;w=86400', b'RateLimit: "client";r=0;t=28800', b"", b"",
            ] == [line.replace(b"28799", b"28800") for line in lines]  # fmt: skip
            assert b'{"message":"Too many requests"}' == refusal.body
    assert 3 == len(upstream.requests)


def test_a_refusal_can_be_ones_own_and_be_read_by_a_page(gateway, upstream):
    """Its body is that of `responses`, and the fields of CORS stand beside those of the limit."""
    upstream.on("/own", OK)
    with raw.Client(gateway.listen) as client:
        preflight = (f"Origin: {ORIGIN}", "Access-Control-Request-Method: GET")
        assert [204] * 5 == asked(client, "/own", *preflight, times=5, method="OPTIONS")
        assert [200] == asked(client, "/own")
        refusal = client.ask(raw.request("/own", f"Origin: {ORIGIN}"))
    assert (429, "text/plain", b"Slowly.\n") == (refusal.status, refusal.value("Content-Type"), refusal.body)
    assert (ORIGIN, "86400") == (refusal.value("Access-Control-Allow-Origin"), refusal.value("Retry-After"))


def test_guessing_tokens_is_limited(gateway, upstream):
    """After as many guesses as requests are allowed, a good token gets the same answer as a bad one."""
    upstream.on("/guess", OK)
    with raw.Client(gateway.listen) as client:
        assert [401] * 3 + [429] == asked(client, "/guess", BAD, times=4)
        assert [429] == asked(client, "/guess", GOOD)


def test_a_request_is_charged_to_all_limits_or_to_none(gateway, upstream):
    """The caller's refused requests take nothing from the bucket of the route; refused strangers do."""
    upstream.on("/caller", OK)
    with raw.Client(gateway.listen) as client:
        assert [200] * 3 + [429] * 5 == asked(client, "/caller", GOOD, times=8)
        assert [401, 401, 429] == asked(client, "/caller", times=3)


def test_values_of_a_claim_are_counted_apart(gateway, upstream):
    """Tokens without the claim are counted together."""
    upstream.on("/tenant", OK)
    with raw.Client(gateway.listen) as client:
        for claims in ({"tenant": "a"}, {"tenant": "b"}, {}):
            field = f"Authorization: Bearer {signed(**claims)}"
            assert [200, 200, 429] == asked(client, "/tenant", field, times=3)
        assert [429] == asked(client, "/tenant", f"Authorization: Bearer {signed(tenant=['c'])}")


def test_a_handshake_is_one_request(gateway, upstream):
    """What goes through a tunnel is not counted."""
    upstream.on(
        "/client", says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    )
    fields = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: " + "A" * 24,
    )
    statuses = [raw.ask(gateway.listen, raw.request("/client", *fields)).status for _ in range(4)]
    assert [101, 101, 101, 429] == statuses


def test_refusals_are_counted_and_logged_by_their_reason(gateway, upstream):
    """As those of every other reason."""
    upstream.on("/client", OK)
    with raw.Client(gateway.listen) as client:
        asked(client, "/client", times=5)
    gateway.until_metric(2, "postern_denials_total", reason="rate_limited")
