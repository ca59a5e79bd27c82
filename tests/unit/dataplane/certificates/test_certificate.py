"""One certificate, read and checked."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from certificates import BEGAN, Pair
from postern_dataplane.certificates.certificate import read_certificate
from postern_dataplane.errors import CertificateError

NOW_S = time.time()


def test_a_certificate_says_its_names_and_its_end(authority, put, make_context):
    """Names in lower case; those that are no names of hosts are left out."""
    read = read_certificate(put("a", authority.issue("A.example.com", "*.b.test", "192.0.2.1")), make_context, NOW_S)
    assert ("a", ("a.example.com", "*.b.test")) == (read.folder, read.names)
    assert (BEGAN + timedelta(days=36_500)).timestamp() == read.ends_at


def test_a_certificate_need_not_have_a_name(authority, put, make_context):
    """It can be shown to whoever asks for none; the subject's common name is none (RFC 9525, section 2)."""
    assert () == read_certificate(put("a", authority.issue()), make_context, NOW_S).names


def refusal(folder, make_context, now_s=NOW_S):
    with pytest.raises(CertificateError) as refused:
        read_certificate(folder, make_context, now_s)
    return str(refused.value), refused.value.may_heal


@pytest.mark.parametrize("name", ["tls.crt", "tls.key"])
def test_a_missing_file_is_named(name, authority, put, make_context):
    """It may be there in a moment."""
    folder = put("a", authority.issue("a.test"))
    (folder / name).unlink()
    assert (f"{name} is missing", True) == refusal(folder, make_context)


@pytest.mark.parametrize("name", ["tls.crt", "tls.key"])
def test_a_file_that_can_not_be_read_is_named(name, authority, put, make_context):
    """With the system's word for it."""
    folder = put("a", authority.issue("a.test"))
    (folder / name).unlink()
    (folder / name).mkdir()
    assert (f"{name} can't be read: Is a directory", True) == refusal(folder, make_context)


@pytest.mark.parametrize("name", ["tls.crt", "tls.key"])
def test_a_fifo_is_not_waited_for(name, authority, put, make_context):
    """The thread that reads certificates would hang, and none would be renewed any more."""
    folder = put("a", authority.issue("a.test"))
    (folder / name).unlink()
    os.mkfifo(folder / name)
    expected = f"{name} can't be read: it is a FIFO, and only regular files are read"
    assert (expected, True) == refusal(folder, make_context)


def test_time_is_looked_at(authority, put, make_context):
    """What has ended never comes back, what has not begun may."""
    folder = put("a", authority.issue("a.test"))
    long_ago, far_ahead = datetime(2025, 12, 31, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
    assert ("it is not valid before 2026-01-01 00:00 UTC", True) == refusal(folder, make_context, long_ago.timestamp())
    said, may_heal = refusal(folder, make_context, far_ahead.timestamp())
    assert (True, False) == (said.startswith("it has expired on 2125-"), may_heal)


def protected(pair):
    """The same with its key behind a passphrase."""
    key = serialization.load_pem_private_key(pair.key, None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    encrypted = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return Pair(pair.chain, encrypted, pair.serial)


def test_a_passphrase_is_not_asked_for(authority, put, make_context):
    """Nobody would answer."""
    folder = put("a", protected(authority.issue("a.test")))
    assert ("tls.key is protected by a passphrase", False) == refusal(folder, make_context)


def test_a_key_of_another_certificate_is_refused(authority, put, make_context):
    """A client would not believe it."""
    pair = Pair(authority.issue("a.test").chain, authority.issue("a.test").key, 0)
    assert ("tls.key is not the key of tls.crt", False) == refusal(put("a", pair), make_context)


def test_a_weak_key_is_refused(authority, put, make_context):
    """As OpenSSL judges it."""
    pair = authority.issue("a.test", key=rsa.generate_private_key(65537, 1024))

    def strict_context():
        context = make_context()
        context.set_ciphers("ECDHE+AESGCM:@SECLEVEL=2")
        return context

    assert ("tls.crt is too weak: EE_KEY_TOO_SMALL", False) == refusal(put("a", pair), strict_context)


@pytest.mark.parametrize("chain", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(chain, authority, put, make_context):
    """Whatever it is."""
    pair = Pair(chain, authority.issue("a.test").key, 0)
    assert ("tls.crt holds no certificate in PEM form", False) == refusal(put("a", pair), make_context)


def test_what_is_no_key_is_refused(authority, put, make_context):
    """Without a word of what is there."""
    said, _ = refusal(put("a", Pair(authority.issue("a.test").chain, b"canary", 0)), make_context)
    assert said.startswith("tls.crt and tls.key can't be used: ")
    assert "canary" not in said
