"""CORS as a browser meets it: preflights, the application's answers, and the gateway's own."""

from __future__ import annotations

import pytest

import raw
from gateway import dead_port
from manifests import route, service
from upstream_behaviours import closes_at_once, says

ORIGIN = "https://a.example"
PAGE = f"Origin: {ORIGIN}"
CORS = {"allowOrigins": [ORIGIN, "https://*.b.example"], "allowMethods": ["PUT"], "allowHeaders": ["Authorization"]}
OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """One with a public route and a protected one, both with `cors`, and one whose upstream is not there."""
    url = "http://{}:{}".format(*module_upstream.address)
    with dead_port() as port:
        yield start_gateway(
            [
                service(upstream={"url": url}, cors=CORS),
                route(methods=["GET", "PUT", "POST"]),
                route("private", paths=[{"type": "Prefix", "value": "/private"}], auth={"jwt": {}}),
                service("dead", hosts=["dead.example.com"], upstream={"url": f"http://127.0.0.1:{port}"}, cors=CORS),
                route("dead", serviceRef={"name": "dead"}),
            ]
        )


def allowed(answer):
    """What one answer allows: the origin, and what it varies by; each field comes once."""
    return answer.value("Access-Control-Allow-Origin"), answer.values("Vary")


@pytest.mark.parametrize("target", ["/", "/private"])
def test_a_preflight_is_answered_by_the_gateway(gateway, upstream, target):
    """A preflight has no token, gets no body, reaches no application, and leaves the connection open."""
    asks = raw.request(target, PAGE, "Access-Control-Request-Method: PUT", method="OPTIONS")
    with raw.Client(gateway.listen) as client:
        answers = [client.ask(asks, method="OPTIONS") for _ in range(3)]
    for answer in answers:
        assert (204, b"", (ORIGIN, ["Origin"])) == (answer.status, answer.body, allowed(answer))
        assert ("PUT", "Authorization") == tuple(
            answer.value(f"Access-Control-Allow-{name}") for name in ("Methods", "Headers")
        )
        assert [] == answer.values("Content-Length") + answer.values("Content-Type")
    assert [] == upstream.requests


def test_a_preflight_of_another_origin_is_allowed_nothing(gateway, upstream):
    """A page that may not call reads no field from which a browser could conclude that it may."""
    fields = ["Origin: https://evil.example", "Access-Control-Request-Method: PUT"]
    answer = raw.ask(gateway.listen, raw.request("/", *fields, method="OPTIONS"), method="OPTIONS")
    assert (204, (None, ["Origin"])) == (answer.status, allowed(answer))
    assert b"access-control" not in answer.head.lower()
    assert [] == upstream.requests


def test_the_application_s_own_fields_are_replaced(gateway, upstream):
    """Browsers refuse an answer with two origins; what the application varies by is kept."""
    upstream.on("/a", says(f"{OK}access-control-allow-origin: *\r\nVary: Accept\r\n\r\n"))
    for _ in range(3):
        for origin, expected in ((ORIGIN, ORIGIN), ("https://x.b.example", "https://x.b.example"), ("null", None)):
            answer = raw.ask(gateway.listen, raw.request("/a", f"Origin: {origin}"))
            assert (200, (expected, ["Accept", "Origin"])) == (answer.status, allowed(answer))
    assert (None, ["Accept", "Origin"]) == allowed(raw.ask(gateway.listen, raw.request("/a")))


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [("/private", "app.example.com", 401), ("/", "dead.example.com", 502), ("/closes", "app.example.com", 502)],
)
def test_a_page_can_read_the_gateway_s_own_refusals(gateway, upstream, target, host, status):
    """A page tells an expired token from a broken network only by an answer that it may read."""
    upstream.on("/closes", closes_at_once)
    for _ in range(3):
        answer = raw.ask(gateway.listen, raw.request(target, PAGE, host=host))
        assert (status, (ORIGIN, ["Origin"])) == (answer.status, allowed(answer))
        other = raw.ask(gateway.listen, raw.request(target, "Origin: https://evil.example", host=host))
        assert (status, (None, ["Origin"])) == (other.status, allowed(other))
