"""Certificates that Services name: which is shown, and what happens when one changes or is none."""

from __future__ import annotations

import re
import ssl

import pytest

import raw
from certificates import Authority, Pair, tls_secret
from gateway import open_to
from load import Load
from manifests import route, service
from secure_gateway import NAME, SecureDataPlane, secured

RENEWALS = 4
EXPIRY = "postern_certificate_expiry_timestamp_seconds"


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """Two workers, with a certificate of the gateway's own for the very host."""
    return start_gateway(open_to(module_upstream.address), kind=SecureDataPlane, workers=2)


def serial(gateway, name=NAME):
    """Which certificate a new connection is shown."""
    context = gateway.authority.client_context()
    context.check_hostname = False
    with raw.Client(gateway.secure(name, context)) as client:
        return int(client.socket.getpeercert()["serialNumber"], 16)


def serials(gateway, name=NAME):
    """Those that both workers show."""
    return {serial(gateway, name) for _ in range(8)}


def test_the_owner_s_certificate_comes_before_the_gateway_s(gateway, module_upstream):
    """Of two with one name the Service's is shown; the gateway's own is again as soon as the Service names none."""
    own, pair = serial(gateway), gateway.authority.issue(NAME)
    gateway.serve(secured(module_upstream, tls_secret(pair)))
    assert {pair.serial} == serials(gateway)
    assert {own} == serials(gateway, "other.example.org")
    raw.until(lambda: gateway.metric(EXPIRY, certificate="Secret/default/app-tls") > 0, "the end of the certificate")
    gateway.serve(open_to(module_upstream.address))
    assert {own} == serials(gateway)


def test_a_renewal_is_shown_and_disturbs_nobody(gateway, module_upstream):
    """Requests on new connections and on one that stays, over several renewals: not one handshake or request fails."""
    gateway.serve(secured(module_upstream, tls_secret(gateway.authority.issue(NAME))))
    address = gateway.listen
    with (
        raw.Client(address) as kept,
        Load(lambda: raw.ask(address, raw.request("/new")).status) as load,
        Load(lambda: kept.ask(raw.request("/kept")).status) as kept_load,
    ):
        for _ in range(RENEWALS):
            pair = gateway.authority.issue(NAME)
            gateway.serve(secured(module_upstream, tls_secret(pair)))
            assert {pair.serial} == serials(gateway)
    assert ([], []) == (load.failed, kept_load.failed)
    assert min(load.asked, kept_load.asked) > RENEWALS


OTHER = Authority("another CA")
# What is wrong with a Secret, made of a good pair.
BROKEN = {
    "another key": lambda pair: tls_secret(Pair(pair.chain, OTHER.issue(NAME).key, 0)),
    "no certificate": lambda pair: tls_secret(Pair(b"nonsense", pair.key, 0)),
    "no key": lambda pair: tls_secret(Pair(pair.chain, b"", 0)),
    "another host": lambda _: tls_secret(OTHER.issue("www.example.org")),
    "another type": lambda pair: tls_secret(pair, type_="Opaque"),
    "another namespace": lambda pair: tls_secret(pair, namespace="other"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_bad_secret_leaves_the_gateway_s_own_certificate(fault, gateway, module_upstream):
    """Requests are served over the gateway's own, and the Service's counts as soon as the Secret is mended."""
    gateway.serve(open_to(module_upstream.address))
    own, pair = serial(gateway), gateway.authority.issue(NAME)
    served = secured(module_upstream, tls_secret(pair))
    gateway.serve([*served[:2], BROKEN[fault](pair), service("marker", hosts=[f"{len(fault)}.test"])])
    assert {own} == serials(gateway)
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    gateway.serve(served)
    assert {pair.serial} == serials(gateway)


def test_what_has_ended_is_shown(gateway, module_upstream):
    """The client sees why it fails."""
    gateway.serve(secured(module_upstream, tls_secret(gateway.authority.issue(NAME, ended=True))))
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        raw.Client(gateway.listen)


def test_a_wildcard_does_not_reach_the_host_of_another_namespace(gateway, module_upstream):
    """The key is proved for no host that its namespace does not own, though its certificate covers it."""
    own, pair = serial(gateway, "shop.example.com"), gateway.authority.issue("*.example.com")
    served = secured(module_upstream, tls_secret(pair))
    served[0]["spec"]["hosts"] = ["*.example.com"]
    shop = service("shop", "other", "2025-01-01T00:00:00Z", hosts=["shop.example.com"])
    gateway.serve([*served, shop, route("shop", "other", serviceRef={"name": "shop"})])
    assert ({own}, {pair.serial}) == (serials(gateway, "shop.example.com"), serials(gateway, "www.example.com"))


def test_a_key_is_in_no_output(gateway, module_upstream):
    """No line of a key is in the log, or in what the admin port answers."""
    pair = gateway.authority.issue(NAME)
    gateway.serve(secured(module_upstream, tls_secret(pair)))
    assert {pair.serial} == serials(gateway)
    said = gateway.said() + "".join(gateway.get(path).body.decode() for path in ("/config", "/metrics", "/readyz"))
    assert not any(line in said for line in pair.key.decode().splitlines()[1:-1])


def test_local_mode_serves_the_certificates_of_its_manifests(start_gateway, module_upstream):
    """`postern run` says where it speaks TLS, and needs no folder; a client that asks for another name is refused."""
    authority = Authority("test CA")
    served = secured(module_upstream, tls_secret(authority.issue(NAME)))
    gateway = start_gateway(served, "--listen-tls", "127.0.0.1:0")
    port = int(re.search(r"https://127.0.0.1:(\d+)", gateway.said())[1])
    address = raw.SecureAddress("127.0.0.1", port, authority.client_context(), NAME)
    assert 200 == raw.ask(address, raw.request("/")).status
    assert 200 == gateway.get("/readyz").status
    for name in ("other.example.org", None):
        context = authority.client_context()
        context.check_hostname = False
        with pytest.raises((ssl.SSLError, ConnectionError)):
            raw.Client(raw.SecureAddress("127.0.0.1", port, context, name))
