"""The address that a route sends its clients to."""

from __future__ import annotations

import pytest

from heads import NOW_S, head, outcome, table
from manifests import route, service
from postern_core.snapshot_listeners import Listener
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.listener import ListenerPort
from postern_dataplane.request.denials import REDIRECTED

PROXY = ("X-Forwarded-Proto", "https")


def answer_to(table_, head_):
    decision = decide(head_, table_, NullCache(), NOW_S)
    assert isinstance(decision, Reject)
    return decision.denial


def location(redirect, target="/a", *fields, host="app.example.com", trusted=(), **more):
    """Where a request is sent, "" for one that is served."""
    served = table(service(hosts=[]), route(redirect=redirect), trusted=trusted)
    request = head(target, *fields, host=host, **more)
    return "" if outcome(served, request) == "forwarded" else answer_to(served, request).location


@pytest.mark.parametrize(
    ("redirect", "host", "is_tls", "expected"),
    [
        # Gateway API, HTTPRequestRedirectFilter.port: without a scheme the port stays, with one it is the scheme's own.
        ({"hostname": "b.example"}, "a.example", False, "http://b.example/a"),
        ({"hostname": "b.example"}, "a.example", True, "https://b.example/a"),
        ({"hostname": "b.example"}, "a.example:8080", False, "http://b.example:8080/a"),
        ({"hostname": "b.example"}, "a.example:8443", True, "https://b.example:8443/a"),
        ({"hostname": "b.example"}, "a.example:80", False, "http://b.example/a"),
        ({"hostname": "b.example"}, "a.example:443", True, "https://b.example/a"),
        ({"hostname": "b.example"}, "a.example:443", False, "http://b.example:443/a"),
        ({"scheme": "https"}, "a.example:8080", False, "https://a.example/a"),
        ({"scheme": "http"}, "a.example:8443", True, "http://a.example/a"),
        ({"scheme": "https", "hostname": "b.example"}, "a.example:8443", True, "https://b.example/a"),
        ({"port": 80}, "a.example:8080", False, "http://a.example/a"),
        ({"port": 443, "scheme": "https"}, "a.example", False, "https://a.example/a"),
        ({"port": 443}, "a.example", False, "http://a.example:443/a"),
        ({"port": 80, "scheme": "https"}, "a.example", False, "https://a.example:80/a"),
        ({"port": 8080}, "A.EXAMPLE.:1", False, "http://a.example:8080/a"),
        ({"scheme": "https"}, "[::1]:8080", False, "https://[::1]/a"),
        # At the address already.
        ({"hostname": "a.example"}, "A.example.", False, ""),
        ({"scheme": "https"}, "a.example", True, ""),
        ({"scheme": "https"}, "a.example:443", True, ""),
        ({"port": 8080}, "a.example:8080", False, ""),
    ],
)
def test_an_address_keeps_what_is_not_replaced(redirect, host, is_tls, expected):
    """Scheme, host and port are the client's where none is given, and a port of the scheme's own is left out."""
    assert expected == location(redirect, host=host, is_tls=is_tls)


@pytest.mark.parametrize(
    ("redirect", "protocol", "expected"),
    [
        ({"hostname": "b.example"}, "HTTP", "http://b.example:8080/a"),
        ({"hostname": "b.example"}, "HTTPS", "https://b.example:8080/a"),
        ({"scheme": "https"}, "HTTP", "https://app.example.com/a"),
        ({"hostname": "app.example.com"}, "HTTP", ""),
    ],
)
def test_the_port_of_a_listener_is_that_which_clients_connect_to(redirect, protocol, expected):
    """A listener of the snapshot knows its port, whatever a client says in Host, and so the address is for all."""
    port = ListenerPort([Listener(id="l", protocol=protocol, port=8080, bind_port=18080)])
    more = {"port": port, "is_tls": protocol == "HTTPS", "host": "app.example.com:1337"}
    assert expected == location(redirect, **more)
    request = head("/a", **more)
    if expected:
        denial = answer_to(table(service(hosts=[]), route(redirect=redirect)), request)
        assert b"Cache-Control" not in dict(denial.fields)


def test_the_scheme_is_what_a_trusted_proxy_says():
    """Behind a load balancer that ends TLS a redirect to https ends too; a client can't say so itself."""
    assert "" == location({"scheme": "https"}, "/a", PROXY, trusted=("192.0.2.1",))
    assert "https://app.example.com/a" == location({"scheme": "https"}, "/a", PROXY)
    assert "https://b.example/a" == location({"hostname": "b.example"}, "/a", PROXY, trusted=("192.0.2.1",))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("//evil.example/x", "/evil.example/x"), ("/%2e%2e//evil.example", "/evil.example"), ("/a?//evil", "/a?//evil"),
        ("/a?", "/a?"), ("/a?b=\udcc3\udca4", "/a?b=%C3%A4"), ("http://app.example.com//evil.example", "/evil.example"),
        ("/@evil.example", "/@evil.example"), ("/%0a", None), ("/a?b\r\nX: y", None), ("/\\evil.example", None),
        ("http://u@evil.example/", None),
    ],
)  # fmt: skip
def test_no_path_leads_to_another_host(target, expected):
    """The address is absolute and its path in normal form, whatever was asked for; what has no reading is refused."""
    wanted = "" if expected is None else f"https://app.example.com{expected}"
    assert wanted == location({"scheme": "https"}, target)


@pytest.mark.parametrize(
    ("prefix", "value", "target", "expected"),
    [
        ("/foo", "/xyz", "/foo/bar", "/xyz/bar"), ("/foo", "/xyz/", "/foo/bar", "/xyz/bar"),
        ("/foo/", "/xyz", "/foo/bar", "/xyz/bar"), ("/foo", "/xyz", "/foo", "/xyz"), ("/foo", "/xyz", "/foo/", "/xyz/"),
        ("/foo", "/", "/foo/bar", "/bar"), ("/foo", "/", "/foo", "/"), ("/foo", "/", "/foo/", "/"),
        ("/", "/xyz", "/foo?a", "/xyz/foo?a"), ("/foo", "/xyz/", "/foo", "/xyz/"),
    ],
)  # fmt: skip
def test_a_prefix_is_replaced_as_in_a_rewrite(prefix, value, target, expected):
    """A redirect has Gateway API's table for prefixes, too."""
    redirect = {"path": {"type": "ReplacePrefixMatch", "value": value}}
    served = table(service(pathPrefix=prefix, redirect=redirect), route())
    assert f"http://app.example.com{expected}" == answer_to(served, head(target)).location


@pytest.mark.parametrize("merges", [True, False])
def test_empty_segments_are_in_the_address_where_they_go_upstream(merges):
    """What is at its address already is told in the form in which it goes on, so that no redirect leads to itself."""
    served = table(service(mergeSlashes=merges, pathPrefix="/v1", redirect={"scheme": "https"}), route())
    expected = "/v1/a/b" if merges else "/v1/a//b"
    assert f"https://app.example.com{expected}" == answer_to(served, head("/v1/a//b")).location
    assert "forwarded" == outcome(served, head("/v1/a//b", is_tls=True))
    moved = service(
        mergeSlashes=merges, pathPrefix="/v1", redirect={"path": {"type": "ReplacePrefixMatch", "value": "/v2"}}
    )
    assert answer_to(table(moved, route()), head("/v1//a")).location.endswith("/v2/a" if merges else "/v2//a")


def test_a_request_that_names_no_host_is_sent_to_a_named_one():
    """An HTTP/1.0 request without Host has no address to keep a part of."""
    assert "http://b.example/a" == location({"hostname": "b.example"}, host=None, http_minor=0)
    served = table(service(hosts=[]), route(redirect={"scheme": "https"}))
    assert "bad_request" == outcome(served, head("/a", host=None, http_minor=0))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_status_is_the_manifest_s(status):
    """One reason is logged whatever the status, and no problem document is made of it."""
    served = table(service(responses={"format": "ProblemDetails"}), route(redirect={"port": 81, "statusCode": status}))
    decision = decide(head("/"), served, NullCache(), NOW_S)
    assert (status, REDIRECTED.reason) == (decision.denial.status, decision.denial.reason)
    assert decision.responses.content_of(status, decision.denial.message) is None


def test_a_port_that_a_client_chose_is_for_that_client_alone():
    """A cache that does not tell ports apart would send others to the port of whoever asked first."""
    for redirect, host, is_private in (
        ({"hostname": "b.example"}, "app.example.com:1337", True),
        ({"hostname": "b.example"}, "app.example.com", False),
        ({"scheme": "https"}, "app.example.com:1337", False),
        ({"port": 81}, "app.example.com:1337", False),
    ):
        fields = dict(answer_to(table(service(), route(redirect=redirect)), head("/", host=host)).fields)
        assert (b"private" if is_private else None) == fields.get(b"Cache-Control")


def test_limits_count_redirects():
    """A redirect is an answer like others, so that limits by client hold for it."""
    limits = [{"by": "Client", "requests": 1, "per": "1s"}]
    decision = decide(head("/"), table(service(rateLimit=limits, redirect={"port": 81}), route()), NullCache(), NOW_S)
    assert 1 == len(decision.counted)


def test_addresses_that_may_not_call_are_not_told_where_to():
    """Who is refused by its address, or asks for a refused route, is not redirected."""
    clients = {"deny": ["192.0.2.0/24"]}
    assert "client_not_allowed" == outcome(table(service(clients=clients, redirect={"port": 81}), route()), head("/"))
    assert "route_refused" == outcome(table(service(redirect={"port": 81}), route(auth={"jwt": []})), head("/"))


def test_a_remembered_address_counts_for_its_bytes():
    """The address is one request's own, as a text and as a field."""
    denial = REDIRECTED.with_location("https://a.example/" + "a" * 1000)
    assert 2 * len(denial.location) == denial.text_bytes
