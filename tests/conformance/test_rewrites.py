"""Rewritten hosts and paths, as an application sees them, and the way back of its own paths."""

from __future__ import annotations

import pytest

import raw
from manifests import route, service
from upstream_behaviours import says

PREFIX = {"path": {"type": "ReplacePrefixMatch", "value": "/inner"}, "hostname": "inner.example.com"}
FULL = {"path": {"type": "ReplaceFullPath", "value": "/page"}}


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A Service whose prefix is replaced and put back, with a Route that leads to one page."""
    url = "http://{}:{}".format(*module_upstream.address)
    page = route("page", paths=[{"type": "Prefix", "value": "/old"}], rewrite=FULL)
    served = service(upstream={"url": url}, pathPrefix="/v1", restorePathPrefix=True, rewrite=PREFIX)
    return start_gateway([served, route(), page])


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v1/a", "/inner/a"), ("/v1", "/inner"), ("/v1/", "/inner/"), ("/v1?a=/v1/b", "/inner?a=/v1/b"),
        ("//v1/./a//b", "/inner/a/b"), ("/v1/x/../%61", "/inner/a"), ("http://app.example.com/v1/a", "/inner/a"),
        ("/v1/old/17?b", "/page?b"), ("/v1/old", "/page"),
    ],
)  # fmt: skip
def test_a_target_is_rewritten_each_time(gateway, upstream, target, expected):
    """A request that is remembered goes where one that is read goes."""
    for _ in range(4):
        assert 200 == raw.ask(gateway.listen, raw.request(target)).status
    assert [expected] * 4 == [seen.target for seen in upstream.requests]


def test_a_rewritten_host_is_the_only_one(gateway, upstream):
    """The application reads the rewritten host, and the client's as what was asked for."""
    for _ in range(3):
        assert 200 == raw.ask(gateway.listen, raw.request("/v1/a")).status
    for seen in upstream.requests:
        assert ("inner.example.com", "app.example.com") == (seen.fields["host"], seen.fields["x-forwarded-host"])
        assert (1, None) == (seen.head.lower().count(b"\r\nhost:"), seen.fields.get("x-forwarded-prefix"))


@pytest.mark.parametrize("target", ["/v1/%2e%2e%2finner", "/v1/..%2Finner", "/v1/a%5C..%5C..", "/v1/..;/inner"])
def test_no_path_leads_out_of_what_comes_in_its_place(gateway, upstream, target):
    """A path that a server could read as another is refused before it is rewritten."""
    assert 400 == raw.ask(gateway.listen, raw.request(target)).status
    assert [] == upstream.requests


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/inner/login", "/v1/login"), ("/inner", "/v1"), ("http://inner.example.com/inner/a?b", "/v1/a?b"),
        ("/elsewhere", "/elsewhere"), ("/innermost", "/innermost"), ("https://other.example/inner", None),
    ],
)  # fmt: skip
def test_paths_of_the_answer_come_back_under_the_prefix(gateway, upstream, location, expected):
    """What is below the replacement is below the prefix for the client, and all else stays."""
    cookie = "Set-Cookie: a=b; Path=/inner/c\r\n"
    upstream.on("/inner/a", says(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n{cookie}Content-Length: 0\r\n\r\n"))
    answer = raw.ask(gateway.listen, raw.request("/v1/a"))
    assert (expected or location, "a=b; Path=/v1/c") == (answer.value("Location"), answer.value("Set-Cookie"))


def test_a_whole_path_does_not_come_back(gateway, upstream):
    """Nothing says which of the client's paths a path of the application would be."""
    upstream.on("/page", says("HTTP/1.1 302 Found\r\nLocation: /inner/a\r\nContent-Length: 0\r\n\r\n"))
    assert "/inner/a" == raw.ask(gateway.listen, raw.request("/v1/old")).value("Location")
