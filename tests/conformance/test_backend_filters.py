"""Header fields that one of several upstreams changes, as that upstream and its clients see them."""

from __future__ import annotations

import pytest

import raw
from manifests import consumer, credential, route, secret, service
from upstream_behaviours import says

ANSWER = says("HTTP/1.1 200 OK\r\nServer: app\r\nX-Served-By: app\r\nContent-Length: 0\r\n\r\n")


def named(version, **upstream):
    fields = {"set": [{"name": "X-Version", "value": version}], "add": [{"name": "X-Via", "value": version}]}
    served = {"set": [{"name": "X-Served-By", "value": version}]}
    return upstream | {"requestHeaders": fields, "responseHeaders": served}


def url(upstream):
    return "http://{}:{}".format(*upstream.address)


@pytest.fixture(scope="module")
def module_canary(start_upstream):
    return start_upstream()


@pytest.fixture(scope="module")
def module_mirror(start_upstream):
    return start_upstream()


@pytest.fixture
def canary(module_canary):
    module_canary.forget()
    module_canary.on("/", ANSWER)
    return module_canary


@pytest.fixture
def mirror(module_mirror):
    module_mirror.forget()
    return module_mirror


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, module_canary, module_mirror):
    """Two versions, of which each names itself, and a mirror of all requests."""
    split = [named("stable", url=url(module_upstream), weight=3), named("canary", url=url(module_canary))]
    changes = {
        "requestHeaders": {"set": [{"name": "X-Version", "value": "unknown"}], "remove": ["X-Debug"]},
        "responseHeaders": {"set": [{"name": "X-Served-By", "value": "unknown"}], "remove": ["Server"]},
    }
    return start_gateway(
        [
            service(upstream=None, upstreams=split, mirrors=[{"url": url(module_mirror)}], **changes),
            route(),
            route("private", paths=[{"type": "Prefix", "value": "/private"}], auth={"jwt": {}}),
            consumer(), credential(), secret(),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"hi"], ids=["remembered", "read each time"])
def test_each_share_is_changed_as_its_upstream_says(gateway, upstream, canary, mirror, body):
    """Whichever version has its turn gets its own fields beside the route's, and its client sees which one it was."""
    upstream.on("/", ANSWER)
    asks = raw.request("/", "x_version: forged", "X-Via: client", "X-Debug: 1", method="POST", body=body)
    with raw.Client(gateway.listen) as client:
        answers = [client.ask(asks, method="POST") for _ in range(12)]
    assert {200} == {answer.status for answer in answers}
    assert (9, 3) == (len(upstream.requests), len(canary.requests))
    for version, seen in (("stable", upstream.requests), ("canary", canary.requests)):
        told = {(it.fields["x-version"], it.fields["x-via"], it.fields.get("x_version")) for it in seen}
        assert {(version, f"client, {version}", None)} == told
        assert {None} == {it.fields.get("x-debug") for it in seen}
        assert len(seen) == sum([version] == answer.values("X-Served-By") for answer in answers)
    assert [[]] * 12 == [answer.values("Server") for answer in answers]


def test_a_copy_is_changed_by_the_route_alone(gateway, upstream, canary, mirror):
    """A mirror gets the same copy whichever version has the turn."""
    with raw.Client(gateway.listen) as client:
        assert {200} == {client.ask(raw.request("/", "X-Via: client", "X-Debug: 1")).status for _ in range(8)}
    raw.until(lambda: len(mirror.requests) >= 8 and mirror.requests[-1].is_whole, "the copies")
    seen = {(it.fields["x-version"], it.fields["x-via"], it.fields.get("x-debug")) for it in mirror.requests}
    assert {("unknown", "client", None)} == seen


def test_what_the_gateway_refuses_is_no_upstream_s(gateway, upstream, canary):
    """A 401 has no field of either version."""
    answer = raw.ask(gateway.listen, raw.request("/private"))
    assert (401, []) == (answer.status, answer.values("X-Served-By"))
