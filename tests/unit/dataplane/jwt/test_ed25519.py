"""Signatures of Ed25519 that no honest signer makes, held against the standard and against OpenSSL's verdict."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

import edwards25519 as curve
from postern_core.snapshot import Key
from postern_dataplane.jwt.keys import VerificationKey
from postern_dataplane.jwt.token import Token

SMALL = curve.small_order()
SECRET, NONCE = 3**150 % curve.L, 5**100 % curve.L
KEY, R = SECRET * curve.BASE, NONCE * curve.BASE
# y = 1 and x = 0, so its sign may be either, and y = 1 + P says the same: ways to write the neutral point.
NEUTRAL = [curve.ZERO.encoded(y_more, sign) for y_more in (0, curve.P) for sign in (0, 1)]


@dataclass(frozen=True, slots=True)
class Signed:
    """A key, a message and its signature, as bytes."""

    key: bytes
    message: bytes
    signature: bytes


def signed(key=KEY, r=R, *, secret=SECRET, nonce=NONCE, message=b"hello", more=0):
    """Sign for a key with a nonce's point; `more` times L is added to S."""
    key, r = (it if isinstance(it, bytes) else it.encoded() for it in (key, r))
    s = (nonce + curve.challenge(r, key, message) * secret) % curve.L + more * curve.L
    return Signed(key, message, r + s.to_bytes(32, "little"))


def first(make, cofactor=1):
    """The first of messages whose signature the equation of the standard allows."""
    every = (make(b"%d" % number) for number in range(200))
    return next(it for it in every if curve.verifies(it.key, it.message, it.signature, cofactor))


def accepts(it):
    """Whether the gateway does."""
    pem = Ed25519PublicKey.from_public_bytes(it.key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    token = Token({"alg": "EdDSA"}, {}, it.message, it.signature)
    return VerificationKey(Key(material=pem.decode()), "EdDSA").verifies(token)


def openssl_accepts(it):
    try:
        Ed25519PublicKey.from_public_bytes(it.key).verify(it.signature, it.message)
    except InvalidSignature:
        return False
    return True


def standard_accepts(it, cofactor):
    return curve.verifies(it.key, it.message, it.signature, cofactor)


@pytest.mark.parametrize("message", [b"", b"hello", b"x" * 5000])
def test_a_signature_by_the_definition_is_accepted(message):
    """RFC 8032, section 5.1.6, also of an empty message."""
    assert accepts(signed(message=message))


@pytest.mark.parametrize("more", [1, 2, 7, 14])
def test_an_s_beyond_the_order_is_refused(more):
    """RFC 8032, section 5.1.7: S is below L, or a signature could be changed into another one."""
    it = signed(more=more)
    assert (False, False) == (accepts(it), openssl_accepts(it))


@pytest.mark.parametrize("point", SMALL)
def test_a_key_of_small_order_verifies_nothing(point):
    """Anyone can sign for it, with a secret of 0; the standard's equation holds, and OpenSSL accepts it."""
    it = first(lambda message: signed(point, secret=0, message=message))
    assert (False, True) == (accepts(it), openssl_accepts(it))


@pytest.mark.parametrize("key", NEUTRAL, ids=bytes.hex)
def test_a_key_of_small_order_verifies_nothing_however_it_is_written(key):
    """Encodings beyond P, and of an x of 0 with a sign, are no keys by RFC 8032, section 5.1.3."""
    it = signed(key, secret=0)
    assert (False, True) == (accepts(it), openssl_accepts(it))


@pytest.mark.parametrize("point", [*(point.encoded() for point in SMALL), *NEUTRAL], ids=bytes.hex)
def test_a_nonce_of_small_order_is_refused(point):
    """With a nonce of 0 the signature would give the secret away, so no signer makes one."""
    assert not accepts(signed(r=point, nonce=0))


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_an_encoding_that_is_not_canonical_verifies_nothing(y, sign):
    """Most of these points have no known secret, and many texts are no point: none of them raises."""
    text = (curve.P + y | sign << 255).to_bytes(32, "little")
    assert (False, False) == (accepts(signed(text, secret=0)), accepts(signed(r=text, nonce=0)))


@pytest.mark.parametrize("point", SMALL[1:])
def test_the_equation_is_checked_without_the_cofactor(point):
    """RFC 8032, section 5.1.7, allows both ways; OpenSSL has the same, so that both agree on a key of mixed order."""
    key = KEY + point
    good = first(lambda message: signed(key, message=message))
    every = (signed(key, message=b"%d" % number) for number in range(200))
    bad = next((it for it in every if not standard_accepts(it, 1)), None)
    assert (True, True) == (accepts(good), openssl_accepts(good))
    assert bad is not None
    assert (True, False, False) == (standard_accepts(bad, 8), accepts(bad), openssl_accepts(bad))


@pytest.mark.parametrize("point", SMALL[1:])
def test_a_nonce_of_mixed_order_is_refused(point):
    """Where the equation holds with the cofactor alone."""
    it = signed(r=R + point)
    assert (True, False, False) == (standard_accepts(it, 8), accepts(it), openssl_accepts(it))


@pytest.mark.parametrize("length", [0, 1, 31, 32, 63, 65, 96, 128])
def test_a_signature_of_another_length_is_refused(length):
    """It is 64 bytes; no other length raises."""
    it = signed()
    assert not accepts(Signed(it.key, it.message, (it.signature * 2)[:length]))


@given(
    seed=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=300),
    part=st.sampled_from(["", "key", "message", "signature"]),
    bit=st.integers(min_value=0),
)
@settings(deadline=None)
def test_what_is_accepted_is_what_openssl_accepts(seed, message, part, bit):
    """Random signatures with a bit changed have the verdict of OpenSSL, and untouched ones are accepted."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    parts = {"key": private.public_key().public_bytes_raw(), "message": message, "signature": private.sign(message)}
    if parts.get(part):
        place = bit % (len(parts[part]) * 8)
        changed = int.from_bytes(parts[part], "little") ^ 1 << place
        parts[part] = changed.to_bytes(len(parts[part]), "little")
    it = Signed(**parts)
    assert openssl_accepts(it) == accepts(it) == (parts.get(part, b"") == b"")


def test_the_points_of_small_order_are_those_that_are_published():
    """The definition in these tests is held against the list that libsodium and others have."""
    texts = {point.encoded().hex() for point in SMALL}
    assert 8 == len(texts)
    assert {
        "01" + 31 * "00",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    } < texts
