"""A chain and its key, read and put into a context."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates import Authority
from postern_kit import key_pair
from postern_kit.key_pair import KeyPairError, load_key_pair, read_leaf


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
