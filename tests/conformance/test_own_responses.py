"""The gateway's own answers with bodies of one's own, as clients meet them."""

from __future__ import annotations

import json

import pytest

import raw
from gateway import dead_port
from manifests import route, service
from upstream_behaviours import closes_at_once, says

ORIGIN = "https://a.example"
BODIES = [
    {"status": 401, "contentType": "text/html; charset=utf-8", "body": "<p>Grüße</p>\n"},
    {"status": 502, "contentType": "text/plain", "body": "Later.\n"},
]
RESPONSES = {"format": "ProblemDetails", "bodies": BODIES}
PRIVATE = [{"type": "Prefix", "value": "/private"}]


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """One with a public route and a protected one, and one whose upstream is not there."""
    url = "http://{}:{}".format(*module_upstream.address)
    with dead_port() as port:
        yield start_gateway(
            [
                service(upstream={"url": url}, responses=RESPONSES, cors={"allowOrigins": [ORIGIN]}, pathPrefix="/v1"),
                route(paths=[{"type": "Prefix", "value": "/open"}]),
                route("private", paths=PRIVATE, auth={"jwt": {}}),
                service("dead", hosts=["dead.example.com"], upstream={"url": f"http://127.0.0.1:{port}"}),
                route("dead", serviceRef={"name": "dead"}, responses=RESPONSES),
            ]
        )


def seen(answer):
    return answer.status, answer.value("Content-Type"), answer.body.decode()


def test_a_refusal_has_the_body_of_the_service(gateway):
    """A body of one's own is sent whole, with the challenge and the fields of CORS, and the connection goes on."""
    with raw.Client(gateway.listen) as client:
        for _ in range(3):
            answer = client.ask(raw.request("/v1/private", f"Origin: {ORIGIN}"))
            assert (401, "text/html; charset=utf-8", "<p>Grüße</p>\n") == seen(answer)
            assert "15" == answer.value("Content-Length")
            assert 'Bearer realm="postern"' == answer.value("WWW-Authenticate")
            assert ORIGIN == answer.value("Access-Control-Allow-Origin")


def test_head_gets_the_length_without_the_body(gateway):
    """A refused HEAD has the fields of a refused GET."""
    with raw.Client(gateway.listen) as client:
        for _ in range(2):
            answer = client.ask(raw.request("/v1/private", method="HEAD"), method="HEAD")
            assert (401, b"", "15") == (answer.status, answer.body, answer.value("Content-Length"))


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "502 Bad Gateway"])
def test_the_answers_of_the_application_stay(gateway, upstream, status):
    """What the application answers is not the gateway's to replace, whatever its status is."""
    upstream.on("/open", says(f"HTTP/1.1 {status}\r\nContent-Type: text/x\r\nContent-Length: 4\r\n\r\nmine"))
    answer = raw.ask(gateway.listen, raw.request("/v1/open"))
    assert (int(status[:3]), "text/x", "mine") == seen(answer)


def test_an_upstream_that_fails_is_answered_for(gateway, upstream):
    """A failure that shows after the decision is answered as the route says, too."""
    upstream.on("/open", closes_at_once)
    broken = raw.ask(gateway.listen, raw.request("/v1/open", method="POST", body=b"x"))
    dead = raw.ask(gateway.listen, raw.request("/", host="dead.example.com"))
    assert [(502, "text/plain", "Later.\n")] * 2 == [seen(broken), seen(dead)]


def test_what_no_route_takes_is_the_services_below_its_prefix(gateway):
    """Below the prefix a 404 is a problem document; elsewhere it is as usual, and so is what can't be read."""
    below, beside = (raw.ask(gateway.listen, raw.request(target)) for target in ("/v1/nothing", "/v2"))
    unread = raw.ask(gateway.listen, raw.request("/v1/%zz"))
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "404 Route Not Found"}
    assert (404, "application/problem+json", problem) == (*seen(below)[:2], json.loads(below.body))
    assert [(404, "application/json"), (400, "application/json")] == [seen(it)[:2] for it in (beside, unread)]
