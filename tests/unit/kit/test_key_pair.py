"""A chain and its key, read and put into a context."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates import Authority, odd_certificates
from postern_kit import key_pair
from postern_kit.key_pair import KeyPairError, is_usual_pair, load_key_pair, read_leaf


@pytest.fixture(scope="module")
def authority():
    return Authority("test CA")


@pytest.mark.parametrize("has_memory_files", [True, False])
def test_a_pair_is_loaded_without_a_file_that_stays(has_memory_files, authority, monkeypatch, tmp_path):
    """Where memory has no files, one of its own does."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if not has_memory_files:
        monkeypatch.delattr(key_pair.os, "memfd_create")
    context, pair = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), authority.issue("a.test")
    load_key_pair(context, pair.chain, pair.key)
    assert [] == list(tmp_path.iterdir())


def test_a_key_that_is_in_the_chain_is_not_taken(authority):
    """The key is what the other entry holds."""
    pair = authority.issue("a.test")
    with pytest.raises(KeyPairError):
        load_key_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), pair.chain + pair.key, b"")


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        (None, True),
        ([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], True),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], True),
        ([ExtendedKeyUsageOID.CLIENT_AUTH], False),
    ],
    ids=str,
)
def test_a_certificate_says_whether_it_is_for_servers(usages, expected, authority):
    """One without the extension is for every use (RFC 5280, section 4.2.1.12)."""
    extensions = () if usages is None else (x509.ExtendedKeyUsage(usages),)
    assert expected is read_leaf(authority.issue("a.test", extensions=extensions).chain).is_for_servers


KEYS = {
    "P-256": (ec.generate_private_key(ec.SECP256R1()), True),
    "P-384": (ec.generate_private_key(ec.SECP384R1()), True),
    "RSA 2048": (rsa.generate_private_key(65537, 2048), True),
    "RSA 1024": (rsa.generate_private_key(65537, 1024), False),
    "an unusual curve": (ec.generate_private_key(ec.SECP256K1()), False),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_usual_pair_is_known_without_trying_it(name, authority):
    """OpenSSL takes what is usual, with its strictest level of security too; what is not is left to it."""
    key, is_usual = KEYS[name]
    pair = authority.issue("a.test", key=key)
    assert is_usual is is_usual_pair(pair.chain, pair.key)
    if is_usual:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ECDHE+AESGCM:@SECLEVEL=2")
        load_key_pair(context, pair.chain, pair.key)


def test_a_key_of_another_certificate_is_not_usual(authority):
    """A pair that does not fit, or has no key that can be read, is left to OpenSSL, which says what is wrong."""
    one, other = authority.issue("a.test"), authority.issue("a.test")
    broken = one.key.replace(b"A", b"")
    assert not any(is_usual_pair(one.chain, key) for key in (other.key, b"", b"nonsense", broken))
    assert not is_usual_pair(b"nonsense", one.key)


def test_what_x_509_does_not_allow_is_a_mistake_of_the_pair_alone(authority):
    """The library raises errors of many types, and each is one that a reader of pairs knows."""
    for pair in odd_certificates(authority).values():
        with pytest.raises(KeyPairError):
            read_leaf(pair.chain)
    assert not is_usual_pair(odd_certificates(authority)["a version that there is not"].chain, b"")
