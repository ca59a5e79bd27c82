"""What the upstream is told of the client: the gateway's own word, and that of others only where they are trusted."""

from __future__ import annotations

import subprocess

import pytest

import raw
from gateway import POSTERN, DataPlane, logged, open_to
from manifests import route, service
from upstream_behaviours import says

CLAIMS = [
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: www.example.com",
    "X-Forwarded-Port: 443",
    "X_Forwarded_For: 198.51.100.1",
]
NAMES = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x_forwarded_for")


@pytest.fixture(scope="module")
def trusting(start_gateway, module_upstream):
    """A gateway behind a proxy that it believes."""
    return start_gateway(open_to(module_upstream.address), "--trusted-proxies", "10.0.0.0/8,127.0.0.0/8")


def told(gateway, upstream, *lines):
    assert 200 == raw.ask(gateway.listen, raw.request("/", *lines)).status
    fields = upstream.requests[0].fields
    return [fields.get(name) for name in NAMES]


@pytest.mark.parametrize("lines", [[], CLAIMS], ids=["no claim", "claims"])
def test_a_stranger_is_not_believed(lines, gateway, upstream):
    """The upstream is told what the gateway sees itself, whatever a client says."""
    own = ["127.0.0.1", "http", "app.example.com", "80", None]
    assert own == told(gateway, upstream, *lines)


def test_a_trusted_proxy_is_believed(trusting, upstream):
    """Its word stays, and its own address follows the client's."""
    believed = ["203.0.113.9, 127.0.0.1", "https", "www.example.com", "443", None]
    assert believed == told(trusting, upstream, *CLAIMS)


def test_a_trusted_proxy_that_says_nothing_is_the_client(trusting, upstream):
    """What it leaves out is what the gateway sees."""
    own = ["127.0.0.1", "http", "app.example.com", "80", None]
    assert own == told(trusting, upstream)


def test_ipv6_clients_have_an_address(start_gateway, module_upstream, upstream):
    """It is told without brackets."""
    gateway = start_gateway(open_to(module_upstream.address), kind=DataPlane, host="[::1]")
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    assert "::1" == upstream.requests[0].fields["x-forwarded-for"]


def test_an_ipv4_client_of_an_ipv6_listener_has_an_ipv4_address(start_gateway, module_upstream, upstream):
    """It is written as IPv4 everywhere: to the upstream, in the access log, and where proxies are believed."""
    options = ["--access-log", "on", "--trusted-proxies", "127.0.0.0/8"]
    gateway = start_gateway(open_to(module_upstream.address), *options, kind=DataPlane, host="[::]")
    assert 200 == raw.ask(("127.0.0.1", gateway.listen[1]), raw.request("/", "X-Forwarded-For: 203.0.113.9")).status
    assert "203.0.113.9, 127.0.0.1" == upstream.requests[0].fields["x-forwarded-for"]
    raw.until(lambda: logged(gateway.out.read_text()), "a line of the access log")
    assert "127.0.0.1" == logged(gateway.out.read_text())[-1]["peer"]


def test_what_explain_prints_is_what_is_sent(start_gateway, module_upstream, upstream):
    """The head that `postern explain` shows is, byte for byte, the one that the application gets."""
    where = "{}:{}".format(*module_upstream.address)
    manifests = [service(pathPrefix="/v1", upstream={"url": f"http://{where}/base"}), route()]
    gateway = start_gateway(manifests)
    asked = [POSTERN, "explain", gateway.manifests, "--", "GET", "http://app.example.com:8443/v1?a", "-H", "X-A: b"]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert 200 == raw.ask(gateway.listen, raw.request("/v1?a", "X-A: b", host="app.example.com:8443")).status
    lines = [line.strip() for line in shown.partition(" as\n")[2].partition("\n\n")[0].splitlines()]
    assert lines == upstream.requests[0].head.decode().removesuffix("\r\n\r\n").split("\r\n")


def test_redirects_and_cookies_come_back_under_the_prefix(start_gateway, module_upstream, upstream):
    """`Location` and cookie paths of the upstream are mapped where the Service asks for it."""
    where = "{}:{}".format(*module_upstream.address)
    spec = {"pathPrefix": "/v1", "restorePathPrefix": True, "upstream": {"url": f"http://{where}/base"}}
    gateway = start_gateway([service(**spec), route()])
    fields = f"Location: http://{where}/base/login\r\nSet-Cookie: a=b; Path=/base\r\nContent-Length: 0\r\n\r\n"
    upstream.on("/base/a", says(f"HTTP/1.1 302 Found\r\n{fields}"))
    answer = raw.ask(gateway.listen, raw.request("/v1/a"))
    assert ("/v1/login", "a=b; Path=/v1") == (answer.value("location"), answer.value("set-cookie"))
