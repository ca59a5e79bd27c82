"""What a handshake has found out of a client."""

from __future__ import annotations

import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from certificates import odd_certificates
from postern_dataplane.certificates.tls_sessions import FIELD_BYTES_MAX, forwarded_certificate, session_of


def field(authority, *names, subject=None, **fields):
    """The field of a certificate, without the hash, which comes first."""
    der = ssl.PEM_cert_to_DER_cert(authority.issue(*names, subject=subject, **fields).chain.decode())
    value = forwarded_certificate(der)
    digest = f"Hash={hashlib.sha256(der).hexdigest()}".encode()
    assert value.startswith(digest)
    return value[len(digest) :].decode("ascii")


def test_a_certificate_is_told_as_envoy_tells_it(authority):
    """Its subject in quotes, and each name of a host."""
    assert ';Subject="CN=server";DNS=a.test;DNS=b.test' == field(authority, "a.test", "b.test")


@pytest.mark.parametrize(
    ("common_name", "subject"),
    [
        ('a";Hash=1', r"CN=a\"\;Hash=1"),
        ("a\r\nX-Admin: 1", "CN=a%0D%0AX-Admin: 1"),
        ("100%", "CN=100%25"),
        ("ü", "CN=%C3%BC"),
    ],
)
def test_a_subject_can_not_break_out(common_name, subject, authority):
    """The owner of a certificate can write by its subject no other element, and no other field."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    assert f';Subject="{subject}"' == field(authority, subject=name)


def test_a_uri_can_not_break_out(authority):
    """What separates elements is percent-encoded in one."""
    uri = x509.UniformResourceIdentifier('spiffe://a/b;Hash=1,"c"=%2F')
    value = field(authority, extensions=[x509.SubjectAlternativeName([uri])])
    assert ';Subject="CN=server";URI=spiffe://a/b%3BHash%3D1%2C%22c%22%3D%252F' == value


def test_the_field_is_bounded(authority):
    """A certificate with many names is known by its hash, and by as many names as fit."""
    names = [f"{number}.{'x' * 60}.test" for number in range(100)]
    assert len(field(authority, *names)) <= FIELD_BYTES_MAX


def test_a_connection_without_a_certificate_has_none():
    """Of a connection of which nothing is known, no certificate goes upstream."""
    assert b"" == session_of(None).client_certificate


def test_a_certificate_that_only_openssl_reads_is_known_by_its_hash(authority):
    """What another library raises for it does not end the handshake half-way."""
    for pair in odd_certificates(authority).values():
        der = ssl.PEM_cert_to_DER_cert(pair.chain.decode())
        assert forwarded_certificate(der).startswith(f"Hash={hashlib.sha256(der).hexdigest()}".encode())
