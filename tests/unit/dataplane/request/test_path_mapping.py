"""Paths of responses, mapped back under the prefix."""

from __future__ import annotations

import pytest

from postern_dataplane.request.path_mapping import PathMapping

PLAIN = PathMapping("/v1", authority="inner.example.com")
BASED = PathMapping("/v1", "/base", "inner.example.com:8080")
CLIENT_S = PathMapping("/v1")
HOST = "shop.example.com"


@pytest.mark.parametrize(
    ("mapping", "value", "expected"),
    [
        (PLAIN, "/login", "/v1/login"),
        (PLAIN, "/", "/v1/"),
        (PLAIN, "/login?next=/a#b", "/v1/login?next=/a#b"),
        (PLAIN, "http://inner.example.com/login", "/v1/login"),
        (PLAIN, "https://INNER.example.com:443/login", "/v1/login"),
        (PLAIN, "http://inner.example.com:80", "/v1/"),
        (PLAIN, "http://inner.example.com?a", "/v1/?a"),
        (PLAIN, "//inner.example.com/login", "/v1/login"),
        (BASED, "/base", "/v1"),
        (BASED, "/base/", "/v1/"),
        (BASED, "/base/login", "/v1/login"),
        (BASED, "/base?a", "/v1?a"),
        (BASED, "http://inner.example.com:8080/base/login", "/v1/login"),
        (CLIENT_S, f"http://{HOST}/login", "/v1/login"),
    ],
)
def test_a_location_of_the_upstream_comes_back_under_the_prefix(mapping, value, expected):
    """As a path, whatever scheme and port the upstream believes to have."""
    assert expected == mapping.location(value, HOST)


@pytest.mark.parametrize("mapping", [PLAIN, CLIENT_S, PathMapping("/v1", authority=HOST)])
def test_a_redirect_of_the_clients_host_to_tls_stays_one(mapping):
    """A path alone would lead a client that came without TLS to the same redirect again and again."""
    assert f"https://{HOST}/v1/login?a" == mapping.location(f"https://{HOST}/login?a", HOST.upper())
    assert f"https://{HOST}:443/v1/" == mapping.location(f"https://{HOST}:443/", HOST)
    assert f"https://{HOST}:8443/v1/" == mapping.location(f"HTTPS://{HOST}:8443", f"{HOST}:8443")
    assert "/v1/login" == mapping.location(f"http://{HOST}/login", HOST)


@pytest.mark.parametrize(
    ("mapping", "value"),
    [
        (PLAIN, "login"),
        (PLAIN, "../login"),
        (PLAIN, "?a=/b"),
        (PLAIN, ""),
        (PLAIN, "https://login.example.org/authorize"),
        (PLAIN, "http://inner.example.com:8080/"),
        (PLAIN, "http://inner.example.com@evil.example/"),
        (PLAIN, "http://inner.example.com.evil.example/"),
        (PLAIN, "//evil.example/"),
        (PLAIN, "///evil.example/"),
        (PLAIN, "mailto:a@b.example"),
        (BASED, "/elsewhere"),
        (BASED, "/basement"),
        (CLIENT_S, "http://inner.example.com/login"),
    ],
)
def test_a_location_that_leads_elsewhere_stays(mapping, value):
    """A location that is relative to the path that was asked for needs no prefix, as that path has it."""
    assert value == mapping.location(value, HOST)


@pytest.mark.parametrize(
    ("mapping", "value", "expected"),
    [
        (PLAIN, "a=b; Path=/; HttpOnly", "a=b; Path=/v1; HttpOnly"),
        (PLAIN, "a=b;path=/shop ;Secure", "a=b;path=/v1/shop;Secure"),
        (PLAIN, "a=b", "a=b"),
        (PLAIN, "a=/b; Domain=x", "a=/b; Domain=x"),
        (PLAIN, "a=b; Path=shop", "a=b; Path=shop"),
        (PLAIN, "__Host-a=b; Path=/; Secure", "__Host-a=b; Path=/; Secure"),
        (BASED, "a=b; Path=/", "a=b; Path=/v1"),
        (BASED, "a=b; Path=/base", "a=b; Path=/v1"),
        (BASED, "a=b; Path=/base/", "a=b; Path=/v1"),
        (BASED, "a=b; Path=/base/x", "a=b; Path=/v1/x"),
        (BASED, "a=b; Path=/other", "a=b; Path=/other"),
    ],
)
def test_the_path_of_a_cookie_comes_back_under_the_prefix(mapping, value, expected):
    """A cookie path is mapped so that the browser sends it with the requests that it was set for."""
    assert expected == mapping.cookie(value)


def test_other_fields_stay():
    """Bytes outside ASCII are passed on as they are."""
    fields = [(b"X-A", b"/login"), (b"location", b"/\xe4"), (b"Content-Location", b"/a"), (b"SET-COOKIE", b"a;path=/")]
    assert [
        (b"X-A", b"/login"),
        (b"location", b"/v1/\xe4"),
        (b"Content-Location", b"/v1/a"),
        (b"SET-COOKIE", b"a;path=/v1"),
    ] == PLAIN.fields(fields, HOST)


def test_a_prefix_that_came_in_another_s_place_is_put_back():
    """With /v1 replaced by /x, and with /x put before everything, what is below /x comes back as it was asked for."""
    replaced, added = PathMapping("/v1", "/base/x"), PathMapping("", "/x")
    assert ["/v1/a", "/v1", "/x/a"] == [replaced.location(it, HOST) for it in ("/base/x/a", "/base/x", "/x/a")]
    assert ["/a", "/", "/", "/?b", "/y"] == [added.location(it, HOST) for it in ("/x/a", "/x", "/x/", "/x?b", "/y")]
    assert f"https://{HOST}/" == added.location(f"https://{HOST}/x", HOST)
    assert ["a=b; Path=/", "a=b; Path=/c"] == [added.cookie(f"a=b; Path={it}") for it in ("/x", "/x/c")]
