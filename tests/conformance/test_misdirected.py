"""Requests on a connection over TLS that was opened for a host of another certificate: 421."""

from __future__ import annotations

import pytest

import raw
from certificates import tls_secret
from gateway import open_to
from manifests import route, service
from secure_gateway import NAME, MountedSecret, SecureDataPlane, secured


@pytest.fixture(scope="module")
def several(start_gateway, module_upstream):
    """A gateway with three hosts: two have certificates, the third is served by the gateway's own."""
    gateway = start_gateway(open_to(module_upstream.address), "--access-log", "on", kind=SecureDataPlane)
    MountedSecret(gateway.certificates / "plain", gateway.authority.issue("plain.example.org"))
    served = secured(module_upstream, tls_secret(gateway.authority.issue(NAME, "www.example.com")))
    served[0]["spec"]["hosts"] += ["www.example.com"]
    upstream = served[0]["spec"]["upstream"]
    other = service("b", hosts=["b.example.net"], upstream=upstream, tls={"certificateRefs": [{"name": "b-tls"}]})
    plain = service("c", hosts=["plain.example.org", "last.example.org"], upstream=upstream)
    routes = [route(name, serviceRef={"name": name}) for name in "bc"]
    gateway.serve([*served, other, plain, *routes, tls_secret(gateway.authority.issue("b.example.net"), "b-tls")])
    return gateway


@pytest.mark.parametrize(
    ("server_name", "host", "status"),
    [
        (NAME, NAME, 200),
        (NAME, NAME.upper(), 200),
        (NAME, f"{NAME}:443", 200),
        (NAME, "www.example.com", 200),
        (NAME, "b.example.net", 421),
        ("b.example.net", NAME, 421),
        ("plain.example.org", NAME, 421),
        (NAME, "plain.example.org", 421),
        ("plain.example.org", "last.example.org", 200),
        ("unknown.example.org", "plain.example.org", 200),
        (None, NAME, 200),
        (None, "b.example.net", 200),
    ],
)
def test_a_request_for_a_host_of_another_certificate_is_misdirected(server_name, host, status, several):
    """A request gets the same answer each time, remembered or not; a client that names no host may ask for any."""
    context = several.authority.client_context()
    context.check_hostname = False
    address = several.secure(server_name, context)
    assert [status] * 4 == [raw.ask(address, raw.request("/", host=host)).status for _ in range(4)]


def test_a_request_without_tls_is_never_misdirected(several):
    """There is no certificate that it could have been shown."""
    assert [200, 200] == [
        raw.ask(several.plain, raw.request("/", host=host)).status for host in (NAME, "b.example.net")
    ]


def test_a_remembered_answer_stays_with_its_server_name(several):
    """Equal bytes, sent on connections for two names, get two answers, in whatever order they come."""
    context = several.authority.client_context()
    context.check_hostname = False
    good, bad = several.secure("b.example.net", context), several.secure(NAME, context)
    asked = raw.request("/remembered", host="b.example.net")
    assert [200, 421] * 4 == [raw.ask(one, asked).status for _ in range(4) for one in (good, bad)]
