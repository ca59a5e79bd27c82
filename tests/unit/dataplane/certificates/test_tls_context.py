"""How TLS is spoken, whatever the certificate."""

from __future__ import annotations

import ssl

import pytest

from postern_dataplane.certificates.tls_context import VERSIONS, server_context


@pytest.mark.parametrize("version", VERSIONS)
def test_the_oldest_version_is_the_one_asked_for(version):
    """The oldest TLS version is the configured one, the newest is OpenSSL's newest."""
    context = server_context(version)
    assert (VERSIONS[version], ssl.TLSVersion.MAXIMUM_SUPPORTED) == (context.minimum_version, context.maximum_version)


def test_every_cipher_keeps_old_traffic_secret_and_authenticates():
    """RFC 9325, section 4.2."""
    ciphers = server_context("1.2").get_ciphers()
    assert all(cipher["aead"] for cipher in ciphers)
    assert {"kx-ecdhe", "kx-any"} == {cipher["kea"] for cipher in ciphers}


@pytest.mark.parametrize("option", [ssl.OP_NO_COMPRESSION, ssl.OP_NO_RENEGOTIATION])
def test_what_leaks_or_never_ends_is_switched_off(option):
    """By OpenSSL's own options."""
    assert option & server_context("1.2").options
