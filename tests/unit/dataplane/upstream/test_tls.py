"""How connections to upstreams are secured."""

from __future__ import annotations

import ssl

import pytest

from certificates import Authority
from postern_core.snapshot_upstream_tls import UpstreamTLS
from postern_dataplane.upstream.tls import client_context


def test_certificates_are_verified_against_the_system_s():
    """With the host's name."""
    context = client_context(UpstreamTLS(server_name="a.test"))
    assert (ssl.CERT_REQUIRED, True) == (context.verify_mode, context.check_hostname)
    assert ssl.create_default_context().cert_store_stats() == context.cert_store_stats()


def test_a_ca_of_one_s_own_takes_the_place_of_the_system_s():
    """Nobody else's certificate counts then."""
    context = client_context(UpstreamTLS(server_name="a.test", ca_pem=Authority("mine").pem))
    assert 1 == context.cert_store_stats()["x509_ca"]
    assert (ssl.CERT_REQUIRED, True) == (context.verify_mode, context.check_hostname)


def test_verification_can_be_switched_off():
    """By its own field, and only then."""
    context = client_context(UpstreamTLS(server_name="a.test", insecure_skip_verify=True))
    assert (ssl.CERT_NONE, False) == (context.verify_mode, context.check_hostname)


def test_old_versions_are_not_spoken():
    """RFC 8996."""
    assert ssl.TLSVersion.TLSv1_2 == client_context(UpstreamTLS(server_name="a.test")).minimum_version


def test_a_ca_that_can_not_be_read_is_an_error():
    """Of which a connection fails, and nothing else."""
    with pytest.raises(ssl.SSLError):
        client_context(UpstreamTLS(server_name="a.test", ca_pem="-----BEGIN CERTIFICATE-----\nAAAA\n"))


def test_a_context_is_made_once():
    """Reading the system's certificates takes milliseconds."""
    assert client_context(UpstreamTLS(server_name="b.test")) is client_context(UpstreamTLS(server_name="b.test"))


def handshake(client, server, name):
    """Let two ends talk in memory; gives the client's."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0]


@pytest.fixture(scope="module")
def authority():
    return Authority("mine")


@pytest.fixture(scope="module")
def server(authority, tmp_path_factory):
    """A server for a.test that speaks several protocols."""
    context = authority.server_context(tmp_path_factory.mktemp("tls"), "a.test")
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def test_only_http_1_1_is_offered(authority, server):
    """Whatever the server would like better."""
    context = client_context(UpstreamTLS(server_name="a.test", ca_pem=authority.pem))
    assert "http/1.1" == handshake(context, server, "a.test").selected_alpn_protocol()


def test_another_name_is_refused(authority, server):
    """A certificate is good for its names."""
    context = client_context(UpstreamTLS(server_name="b.test", ca_pem=authority.pem))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, server, "b.test")


def test_another_authority_is_refused(server):
    """A certificate of another authority is refused, even one with the same name."""
    context = client_context(UpstreamTLS(server_name="a.test", ca_pem=Authority("mine").pem))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, server, "a.test")
