"""Copies of requests, counted and read where they arrive, and clients that never notice them."""

from __future__ import annotations

import time

import pytest

import raw
from gateway import dead_port
from manifests import consumer, credential, route, secret, service
from upstream_behaviours import says, silent

CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"


def url(upstream):
    return "http://{}:{}".format(*upstream.address)


@pytest.fixture(scope="module")
def module_mirror(start_upstream):
    return start_upstream()


@pytest.fixture
def mirror(module_mirror):
    module_mirror.forget()
    return module_mirror


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, module_mirror):
    """One that mirrors all requests, a quarter of them, and some to where nothing listens."""
    main, copy = {"url": url(module_upstream)}, {"url": f"{url(module_mirror)}/copy"}
    strip = {"jwt": {"stripCredentials": True}}
    with dead_port() as port:
        broken = [{"url": f"http://127.0.0.1:{port}"}, {"service": {"name": "gone", "port": 80}}]
        yield start_gateway(
            [
                service(upstream=main, mirrors=[copy]),
                route(),
                route("private", paths=[{"type": "Prefix", "value": "/private"}], auth=strip),
                service("quarter", hosts=["quarter.example.com"], upstream=main, mirrors=[copy | {"percent": 25}]),
                route("quarter", serviceRef={"name": "quarter"}),
                route("own", serviceRef={"name": "quarter"}, paths=[{"type": "Prefix", "value": "/own"}],
                      mirrors=[{"url": f"{url(module_mirror)}/own", "fraction": {"numerator": 3, "denominator": 8}}]),
                route("none", serviceRef={"name": "quarter"}, paths=[{"type": "Prefix", "value": "/none"}], mirrors=[]),
                service("broken", hosts=["broken.example.com"], upstream=main, mirrors=broken),
                route("broken", serviceRef={"name": "broken"}),
                consumer(), credential(), secret(),
            ],
            "--request-id", "on",
        )  # fmt: skip


def id_of(seen):
    return seen.fields["x-request-id"]


def arrived(mirror, count):
    raw.until(lambda: len(mirror.requests) >= count and mirror.requests[-1].is_whole, "the copies")
    return mirror.requests


def test_a_copy_is_what_goes_to_the_application(gateway, upstream, mirror):
    """Each request has one copy, remembered or not, with the same fields, and the path and Host of the mirror."""
    with raw.Client(gateway.listen) as client:
        assert [200] * 5 == [client.ask(raw.request("/a?b=c", "X-A: 1")).status for _ in range(5)]
    copies = arrived(mirror, 5)
    assert {"/copy/a?b=c"} == {copy.target for copy in copies}
    for sent, copy in zip(sorted(upstream.requests, key=id_of), sorted(copies, key=id_of), strict=True):
        mine, others = dict(copy.fields), dict(sent.fields)
        assert "{}:{}".format(*mirror.address) == mine.pop("host") != others.pop("host")
        assert "true" == mine.pop("x-postern-copy")
        assert mine == others


def test_a_copy_that_comes_back_has_no_copy(gateway, upstream, mirror):
    """It goes to the application as what it is, so that nothing that this one asks in turn has a copy either."""
    ask = raw.request("/a", "X-Postern-Copy: true")
    assert [200] * 4 == [raw.ask(gateway.listen, ask).status for _ in range(4)]
    assert 200 == raw.ask(gateway.listen, raw.request("/b")).status
    assert ["/copy/b"] == [copy.target for copy in arrived(mirror, 1)]
    assert ["true"] * 4 + [None] == [seen.fields.get("x-postern-copy") for seen in upstream.requests]


@pytest.mark.parametrize(("field", "body"), [("Content-Length: 5", b"hello"), ("Transfer-Encoding: chunked", CHUNKED)])
def test_a_small_body_is_copied(gateway, upstream, mirror, field, body):
    """The copy goes out when the body is whole."""
    assert 200 == raw.ask(gateway.listen, raw.request("/a", field, method="POST") + body, method="POST").status
    [copy] = arrived(mirror, 1)
    assert body == copy.body == upstream.requests[0].body


def test_a_large_body_has_no_copy(gateway, upstream, mirror):
    """A body beyond 64 KiB reaches the application alone, and the skipped copy is counted."""
    before = skipped(gateway)
    body = b"x" * (64 * 1024 + 1)
    assert 200 == raw.ask(gateway.listen, raw.request("/a", method="POST", body=body), method="POST").status
    raw.until(lambda: skipped(gateway) == before + 1, "the count")
    assert ([], body) == (mirror.requests, upstream.requests[0].body)


def skipped(gateway):
    text = gateway.get("/metrics").body.decode()
    found = [line for line in text.splitlines() if line.startswith("postern_mirrored_requests_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in found if "skipped" in line)


def test_a_percentage_is_exact(gateway, upstream, mirror):
    """Of forty requests ten have a copy, though their head is remembered."""
    asks = raw.request("/a", host="quarter.example.com")
    with raw.Client(gateway.listen) as client:
        assert {200} == {client.ask(asks).status for _ in range(40)}
    arrived(mirror, 10)
    assert (40, 10) == (len(upstream.requests), len(mirror.requests))


def test_a_route_has_mirrors_of_its_own(gateway, upstream, mirror):
    """Three of each eight requests have a copy there, none at the Service's mirror, and none with an empty list."""
    with raw.Client(gateway.listen) as client:
        for path, count in (("/own/a", 40), ("/none/a", 8)):
            asks = raw.request(path, host="quarter.example.com")
            assert {200} == {client.ask(asks).status for _ in range(count)}
    arrived(mirror, 15)
    assert (48, ["/own/own/a"] * 15) == (len(upstream.requests), [copy.target for copy in mirror.requests])


FAILED = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("behaviour", [silent, says("nonsense\r\n\r\n"), says(FAILED)])
def test_no_client_waits_for_a_mirror(gateway, upstream, mirror, behaviour):
    """A mirror that is silent, speaks no HTTP, or fails, changes neither the answer nor its time."""
    mirror.on("/copy/slow", behaviour)
    began = time.monotonic()
    with raw.Client(gateway.listen) as client:
        assert [200] * 20 == [client.ask(raw.request("/slow")).status for _ in range(20)]
    assert time.monotonic() - began < 5


def test_a_mirror_that_is_not_there_changes_nothing(gateway, upstream):
    """No client sees that nothing listens on the port of a mirror, or that its Service does not exist."""
    with raw.Client(gateway.listen) as client:
        assert [200] * 5 == [client.ask(raw.request("/a", host="broken.example.com")).status for _ in range(5)]


def test_what_is_refused_has_no_copy(gateway, upstream, mirror):
    """A request without a token reaches no application, and no mirror."""
    assert 401 == raw.ask(gateway.listen, raw.request("/private")).status
    assert 200 == raw.ask(gateway.listen, raw.request("/after")).status
    # Copies of the tests before may come late.
    raw.until(lambda: "/copy/after" in [copy.target for copy in mirror.requests], "the copy")
    assert "/copy/private" not in [copy.target for copy in mirror.requests]
