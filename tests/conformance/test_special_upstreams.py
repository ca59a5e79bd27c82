"""Upstreams that are the gateway itself: what a tenant could read by them, and what they get."""

from __future__ import annotations

import functools

import pytest

import manifests
import raw
from gateway import DataPlane, dead_port, open_to


@pytest.fixture(scope="module")
def start(start_gateway):
    """A data plane with these options, one for all tests that ask for the same."""
    return functools.cache(lambda *options: start_gateway([], *options, kind=DataPlane))


def ask(gateway, path="/config"):
    return raw.ask(gateway.listen, raw.request(path))


def upstream_of(**upstream):
    return [manifests.service(upstream=upstream), manifests.route()]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1"])
def test_the_admin_port_is_no_upstream(start, host):
    """A `url` with a loopback address, also behind a name, is refused at dial time: 502, with a reason of its own."""
    gateway = start("--allowed-upstreams=", "--access-log=on")
    gateway.serve(upstream_of(url=f"http://{host}:{gateway.admin[1]}"))
    refusals = {
        "postern_upstream_errors_total": {"upstream": "Service/default/app", "kind": "address_refused"},
        "postern_denials_total": {"reason": "upstream_address_refused"},
    }
    before = {metric: gateway.metric(metric, **labels) for metric, labels in refusals.items()}
    logged = len(gateway.err.read_text())
    answer = ask(gateway)
    assert (502, "Bad gateway") == (answer.status, answer.message)
    for metric, labels in refusals.items():
        gateway.until_metric(before[metric] + 1, metric, **labels)
    raw.until(lambda: "upstream address refused" in gateway.err.read_text()[logged:], "the refusal in the log")


@pytest.mark.parametrize("path", ["/config", "/metrics", "/healthz"])
def test_an_admin_port_that_may_be_connected_to_answers_nothing(start, path):
    """A gateway's own route never reads `/config` and `/metrics` of all tenants, even where the address is allowed."""
    gateway = start()
    gateway.serve(open_to(gateway.admin))
    assert (403, "an admin port answers nothing that a gateway forwards") == (
        ask(gateway, path).status,
        ask(gateway, path).message,
    )


@pytest.mark.parametrize("field", ["X-Forwarded-Port", "x-forwarded-port", "keep-alive, X-Forwarded-Port"])
def test_a_client_can_not_have_the_mark_removed(start, field):
    """Not by naming it in `Connection`, and not by sending one of its own."""
    gateway = start("--trusted-proxies=127.0.0.0/8")
    gateway.serve(open_to(gateway.admin))
    head = f"GET /config HTTP/1.1\r\nHost: app.example.com\r\nConnection: {field}\r\nX-Forwarded-Port: 1\r\n\r\n"
    assert 403 == raw.ask(gateway.listen, head).status


def test_the_other_family_answers_where_one_is_unreachable(start, upstream):
    """A pod with an address that refuses and one that answers gets each request once, and none is a 502."""
    gateway = start()
    slices = [
        pod_slice("IPv6", "::1", upstream.port),
        pod_slice("IPv4", "127.0.0.1", upstream.port),
    ]
    kubernetes = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"ipFamilies": ["IPv6", "IPv4"], "ports": [{"name": "http", "port": 80}]},
    }
    once = {"service": {"name": "web", "port": "http"}, "retries": {"attempts": 0}}
    gateway.serve([*upstream_of(**once), kubernetes, *slices])
    assert [200] * 10 == [ask(gateway, "/").status for _ in range(10)]


def pod_slice(family, address, port):
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": family.lower(), "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": family,
        "ports": [{"name": "http", "port": port}],
        "endpoints": [{"addresses": [address], "targetRef": {"kind": "Pod", "name": "a", "uid": "a"}}],
    }


def test_a_refused_address_leaves_the_others(start, upstream):
    """An upstream with a refused address beside a good one serves every request by that."""
    gateway = start("--allowed-upstreams=127.0.0.1/32")
    with dead_port() as port:
        listed = [{"address": it, "port": to} for it, to in (("127.0.0.2", port), ("127.0.0.1", upstream.port))]
        gateway.serve(upstream_of(endpoints=listed, retries={"attempts": 0}))
        assert [200] * 6 == [ask(gateway, "/").status for _ in range(6)]
