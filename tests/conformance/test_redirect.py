"""The entrance without TLS as nothing but a sign to the one with it."""

from __future__ import annotations

import pytest

import manifests
import raw
from gateway import open_to
from secure_gateway import NAME, SecureDataPlane


@pytest.fixture(scope="module")
def start(start_gateway, module_upstream):
    """Starts a gateway that sends its clients to a port; it has an open route and a protected one."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    served = [*open_to(module_upstream.address), closed]
    return lambda port: start_gateway(served, "--redirect-to-https", port, kind=SecureDataPlane)


@pytest.fixture(scope="module")
def gateway(start):
    return start("443")


@pytest.mark.parametrize(
    ("target", "host", "location"),
    [
        ("/", NAME, f"https://{NAME}/"),
        ("/a/../b//c%2f?x=%zz&jwt=a.b.c", NAME, f"https://{NAME}/a/../b//c%2f?x=%zz&jwt=a.b.c"),
        ("/closed", NAME, f"https://{NAME}/closed"),
        ("/", f"{NAME}:9080", f"https://{NAME}/"),
        ("/", "APP.example.com.", f"https://{NAME}/"),
        ("/", "[::1]:80", "https://[::1]/"),
        ("/", "nobody.example.com", "https://nobody.example.com/"),
        ("http://b.example.com:80/x?y", NAME, "https://b.example.com/x?y"),
        ("http://b.example.com?y", NAME, "https://b.example.com/?y"),
        ("//elsewhere.example.com/", NAME, f"https://{NAME}//elsewhere.example.com/"),
    ],
)
def test_the_way_is_shown_to_everybody(target, host, location, gateway, upstream):
    """308 to the same host and target, whatever routes and tokens say; nothing goes upstream."""
    answer = raw.ask(gateway.plain, raw.request(target, host=host))
    assert (308, location, "Moved to HTTPS") == (answer.status, answer.value("Location"), answer.message)
    assert [] == upstream.requests


def test_another_port_is_named(start, upstream):
    """Where clients reach TLS elsewhere than on 443; the upstream is told the same port, which they name in Host."""
    gateway = start("8443")
    answer = raw.ask(gateway.plain, raw.request("/a"))
    assert f"https://{NAME}:8443/a" == answer.value("Location")
    assert 200 == raw.ask(gateway.listen, raw.request("/a", host=f"{NAME}:8443")).status
    assert ("https", "8443") == tuple(upstream.requests[0].fields[f"x-forwarded-{it}"] for it in ("proto", "port"))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param("GET / HTTP/1.0\r\n\r\n", 400, id="no host"),
        pytest.param("GET / HTTP/1.1\r\n\r\n", 400, id="no Host in HTTP/1.1"),
        pytest.param("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, id="two hosts"),
        pytest.param("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, id="a user"),
        pytest.param("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, id="a path in the host"),
        pytest.param("GET /\rSet-Cookie:a HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="a carriage return"),
        pytest.param("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="a tab"),
        pytest.param("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="a bad escape"),
        pytest.param("GET /?\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="bytes outside ASCII"),
        pytest.param("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="no target"),
        pytest.param("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405, id="CONNECT"),
        pytest.param("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, id="TRACE"),
    ],
)
def test_what_has_no_single_reading_is_refused(content, status, gateway):
    """As it is on every other entrance, with nothing of it in the answer."""
    said = raw.everything(gateway.plain, content)
    assert (1, str(status).encode()) == (said.count(b"HTTP/1.1 "), said[9:12])
    assert b"Location" not in said


def test_the_connection_stays(gateway):
    """For who has asked in whole; a body that is still to come nobody wants."""
    with raw.Client(gateway.plain) as client:
        assert [308, 308] == [client.ask(raw.request("/")).status for _ in range(2)]
        assert b"" == client.ask(raw.request("/", method="HEAD"), method="HEAD").body
        assert 308 == client.ask(raw.request("/", method="POST", body=b"hello")).status
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
        answer = client.answer()
        assert (308, "close", b"") == (answer.status, answer.value("Connection"), client.rest())


def test_redirects_are_counted(start):
    """As what they are: requests that the gateway itself has answered."""
    gateway = start("443")
    for _ in range(3):
        raw.ask(gateway.plain, raw.request("/"))
    gateway.until_metric(3, "postern_denials_total", reason="redirected_to_https")
    gateway.until_metric(3, "postern_requests_total", route="", status="308")


def test_tls_is_served(gateway, upstream):
    """There the way ends."""
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    assert 401 == raw.ask(gateway.listen, raw.request("/closed")).status
