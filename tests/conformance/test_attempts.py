"""Retries by status and time-outs of whole requests, on sockets."""

from __future__ import annotations

import time

import pytest

import raw
from manifests import route, service
from upstream import plainly
from upstream_behaviours import says, silent

BUSY = says("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")


def busy_at_first():
    """Answer the first request with 503, and all others plainly."""
    behaviours = [BUSY]

    def behave(exchange):
        (behaviours.pop() if behaviours else plainly)(exchange)

    return behave


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """One whose routes retry after 503 and end after a while."""
    url = "http://{}:{}".format(*module_upstream.address)
    return start_gateway(
        [
            service(upstream={"url": url}, retry={"codes": [503], "attempts": 2}, timeouts={"request": "10s"}),
            route(),
            route("once", paths=[{"type": "Prefix", "value": "/once"}], retry={"codes": []}),
            route("short", paths=[{"type": "Prefix", "value": "/short"}], timeouts={"request": "300ms"}),
        ]
    )


def test_a_busy_upstream_is_asked_again(gateway, upstream):
    """The client gets the second response, by GET and by PUT with a body, which arrives whole each time."""
    for asks in (raw.request("/a"), raw.request("/a", method="PUT", body=b"hello")):
        upstream.forget()
        upstream.on("/a", busy_at_first())
        with raw.Client(gateway.listen) as client:
            assert [200, 200] == [client.ask(asks).status for _ in range(2)]
        assert 3 == len(upstream.requests)
        assert {asks.partition(b"\r\n\r\n")[2]} == {seen.body for seen in upstream.requests}


def test_not_more_often_than_its_route_says(gateway, upstream):
    """Three attempts are made where there may be two more, one where there may be none, and one of a POST."""
    for target, method, expected in (("/b", "GET", 3), ("/once/b", "GET", 1), ("/b", "POST", 1)):
        upstream.forget()
        upstream.on(target, BUSY)
        assert 503 == raw.ask(gateway.listen, raw.request(target, method=method)).status
        assert expected == len(upstream.requests)


def test_a_request_ends_in_its_time(gateway, upstream):
    """A silent application costs a client no more than the time of its route."""
    upstream.on("/short", silent)
    began = time.monotonic()
    assert 504 == raw.ask(gateway.listen, raw.request("/short")).status
    assert 0.25 < time.monotonic() - began < 5
