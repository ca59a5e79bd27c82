"""What the application is told about the outside: the port, the prefix, and no field without a value."""

from __future__ import annotations

import pytest

from heads import head, sent, table
from manifests import route, service
from postern_dataplane.decision.upstream_request import _forwarded_by_us

OPEN = table(service(), route())
PROXIED = table(service(), route(), trusted=("192.0.2.0/24",))


def told(table_, *lines, target="/", **more):
    """The forwarded fields that go upstream, by what follows `X-Forwarded-`."""
    found = sent(table_, head(target, *lines, **more))[1]
    return {name[12:]: value for name, value in found if name.lower().startswith("x-forwarded-")}


@pytest.mark.parametrize(
    ("host", "is_tls", "port"),
    [
        ("app.example.com", False, "80"),
        ("app.example.com", True, "443"),
        ("app.example.com:8080", False, "8080"),
        ("app.example.com:80", True, "80"),
        ("app.example.com:", True, "443"),
    ],
)
def test_the_port_is_the_one_that_the_client_used(host, is_tls, port):
    """X-Forwarded-Port is the port of Host, or the default of the scheme, never the one of the container."""
    assert port == told(OPEN, host=host, is_tls=is_tls)["Port"]


@pytest.mark.parametrize(
    ("said", "port"),
    [
        ({"X-Forwarded-Port": "8443"}, "8443"),
        ({"X-Forwarded-Proto": "https"}, "443"),
        ({"X-Forwarded-Proto": "HTTPS, http"}, "443"),
        ({"X-Forwarded-Proto": "gopher"}, "80"),
        ({"X-Forwarded-Host": "shop.example.com:8443", "X-Forwarded-Proto": "https"}, "8443"),
        ({"X-Forwarded-Host": "[2001:db8::1]"}, "80"),
        ({"X-Forwarded-Port": "", "X-Forwarded-Proto": "https"}, "443"),
    ],
)
def test_behind_a_trusted_proxy_the_port_is_what_it_says(said, port):
    """A proxy that names the scheme or the host of its client says by that which port the client used."""
    assert port == told(PROXIED, *said.items())["Port"]


@pytest.mark.parametrize("name", ["For", "Proto", "Host", "Port", "Prefix", "User"])
def test_a_proxy_s_empty_field_says_nothing(name):
    """No forwarded header is ever empty: what the gateway knows takes its place."""
    assert told(PROXIED) == told(PROXIED, (f"X-Forwarded-{name}", ""))


@pytest.mark.parametrize("name", ["Forwarded", "X-Real-IP"])
def test_an_empty_field_of_another_name_ends_here(name):
    """An empty field of another spelling is removed, also one that the gateway does not write itself."""
    assert name not in dict(sent(PROXIED, head("/", (name, "")))[1])


def test_what_is_not_known_has_no_field():
    """A request of HTTP/1.0 names no host, and a client of a Unix socket has no address."""
    table_ = table(service(hosts=[]), route())
    assert {"Proto": "http", "Port": "80"} == told(table_, host=None, http_minor=0, peer="")


@pytest.mark.parametrize(("strips", "path", "prefix"), [(True, "/v1", "/v1"), (False, "/v1", None), (True, "/", None)])
def test_a_prefix_that_was_taken_off_is_told(strips, path, prefix):
    """X-Forwarded-Prefix is there where a prefix was taken off, whoever asks, and not elsewhere."""
    table_ = table(service(pathPrefix=path, stripPathPrefix=strips), route())
    assert prefix == told(table_, ("X-Forwarded-Prefix", "/evil"), target="/v1/x").get("Prefix")


@pytest.mark.parametrize(
    ("said", "prefix"), [(["/shop"], "/shop/v1"), (["/shop/"], "/shop/v1"), (["/a", "/b"], "/a/b/v1"), ([""], "/v1")]
)
def test_a_trusted_proxy_s_prefix_stands_before_ours(said, prefix):
    """It was taken off first, so the client's path begins with it."""
    table_ = table(service(pathPrefix="/v1"), route(), trusted=("192.0.2.0/24",))
    fields = [("X-Forwarded-Prefix", value) for value in said]
    assert prefix == told(table_, *fields, target="/v1/x")["Prefix"]


def test_a_trusted_proxy_s_prefix_stays_where_none_is_taken_off():
    """The gateway has nothing to add to it."""
    assert "/shop" == told(PROXIED, ("X-Forwarded-Prefix", "/shop"))["Prefix"]


def test_lists_of_a_proxy_are_not_remembered():
    """What is long and never the same would fill the memory."""
    before = _forwarded_by_us.cache_info().currsize
    for number in range(10):
        told(PROXIED, ("X-Forwarded-For", f"10.0.0.{number}"))
    assert before == _forwarded_by_us.cache_info().currsize
