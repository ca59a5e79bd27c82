"""JWKs and JWK Sets as identity providers publish them: which keys count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

import edwards25519
from postern_core.validators import UnreadableKey
from postern_operator.jwk_sets import KEYS_MAX, described, read_jwks, read_published_jwks, write_jwks

KEYS = Path(__file__).parents[2] / "support" / "keys"
KINDS = {"rsa": RSAAlgorithm, "p": ECAlgorithm, "ed": OKPAlgorithm}


def public(name):
    return load_pem_public_key((KEYS / f"{name}.pub.pem").read_bytes())


def jwk(name, **more):
    made = KINDS[name.rstrip("0123456789-other")].to_jwk(public(name), as_dict=True)
    made.pop("key_ops", None)
    return made | more


def read(*members):
    return read_jwks(json.dumps({"keys": members}))


def ids(found):
    return [key.id for key in found.keys]


def test_each_key_has_the_id_and_the_algorithm_that_it_says():
    """RFC 7517, sections 4.4 and 4.5; what is not said is None."""
    found = read(jwk("p256", kid="a", alg="ES256"), jwk("ed448"))
    assert [("a", "ES256", "P-256"), (None, None, "Ed448")] == [(it.id, it.algorithm, it.type) for it in found.keys]
    assert (True, (), ()) == (found.is_set, found.passed_over, found.repeated)


@pytest.mark.parametrize(
    "member",
    [
        {"kty": "oct", "k": "AAAA", "kid": "b"},
        {"kty": "OKP", "crv": "X25519", "x": "AAAA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
        {"kty": ["RSA"]},
        {},
        "text",
        None,
        jwk("p256", use="enc"),
        jwk("p256", use=None),
        jwk("p256", key_ops=[]),
        jwk("p256", key_ops="verify"),
        jwk("p256", key_ops=["wrapKey"]),
        jwk("p256", kid=""),
        jwk("p256", kid=5),
        jwk("p256", kid="\u00e9"),
        jwk("p256", kid="x" * 254),
        jwk("p256", alg=5),
        jwk("p256", y=jwk("p256")["x"]),
        jwk("p256", crv="P-384"),
        jwk("p256", x=5),
        jwk("rsa3072", n="AQ" * 700),
        jwk("rsa3072", n=""),
        jwk("rsa3072", e="AQ"),
        jwk("rsa3072", e="AA"),
        jwk("rsa3072", e="____________"),
    ],
)
def test_what_verifies_no_signature_is_passed_over(member):
    """RFC 7517, section 5: JWKs that can't be used are ignored; each has a reason, and one by itself is refused."""
    found = read(jwk("p384", kid="a"), member)
    assert (["a"], 1) == (ids(found), len(found.passed_over))
    with pytest.raises(UnreadableKey):
        read(member)
    with pytest.raises(UnreadableKey):
        read_jwks(json.dumps(member))


@pytest.mark.parametrize("private", ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"])
def test_a_private_member_refuses_the_whole_set(private):
    """The pair has been published, so no key of that publisher is to be believed; even where `use` is another."""
    with pytest.raises(UnreadableKey, match="private key"):
        read(jwk("p384", kid="a"), jwk("rsa3072", use="enc") | {private: "AAAA"})


@pytest.mark.parametrize("where", ["x5c", "x5u", "x5t", "jku"])
def test_what_refers_to_other_places_is_never_followed(where):
    """The key is what the JWK says itself."""
    assert read(jwk("p256")).keys == read(jwk("p256", **{where: "https://evil.example"})).keys


def test_different_keys_of_one_kid_are_all_left_out():
    """With one of them tokens would be refused, or worse, taken; the others go on."""
    found = read(jwk("p256", kid="a"), jwk("p256-other", kid="a"), jwk("p384", kid="b"))
    assert (["b"], ("a",), 2) == (ids(found), found.repeated, len(found.passed_over))


def test_a_key_of_another_kind_may_have_the_same_kid():
    """RFC 7517, section 4.5, has that as its example."""
    assert ["a", "a"] == ids(read(jwk("p256", kid="a"), jwk("rsa3072", kid="a")))


def test_an_equal_key_counts_once():
    """An equal key counts once, and a key for encryption of the same kid does not count for signatures."""
    found = read(jwk("p256", kid="a"), jwk("p256", kid="a", use="sig"), jwk("p256-other", kid="a", use="enc"))
    assert (["a"], (), 1) == (ids(found), found.repeated, len(found.passed_over))


@pytest.mark.parametrize("size", [0, KEYS_MAX + 1])
def test_a_set_has_one_key_and_no_more_than_a_hundred(size):
    """Each is tried, and each has a place in the snapshot."""
    with pytest.raises(UnreadableKey):
        read(*[jwk("ed25519")] * size)
    assert 1 == len(read(*[jwk("ed25519")] * KEYS_MAX).keys)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "[{}]", "{}", '{"keys": {}}', '{"keys": 5}', '{"keys": [], "keys": []}', '{"keys": [NaN]}', "[" * 9999],
)
def test_what_is_no_set_is_refused(text):
    """Nothing is guessed at."""
    with pytest.raises(UnreadableKey):
        read_jwks(text)


def test_a_key_that_no_algorithm_uses_is_refused():
    """X25519 agrees on keys and signs nothing."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    with pytest.raises(UnreadableKey, match="no algorithm here uses"):
        described(X25519PrivateKey.generate().public_key())


def test_published_keys_are_written_as_public_members_in_one_order():
    """What is read again is what was read; equal keys are an equal text."""
    members = [jwk("rsa3072", kid="r", alg="RS256"), jwk("p384", kid="p"), jwk("ed25519")]
    found = read_published_jwks(json.dumps({"keys": members}))
    written = write_jwks(found.keys)
    again = read_published_jwks(written)

    assert set(found.keys) == set(again.keys)
    assert written == write_jwks(again.keys) == write_jwks(reversed(found.keys))


@pytest.mark.parametrize("text", [json.dumps(jwk("p256")), json.dumps({"keys": [jwk("rsa1024", kid="a")]})])
def test_what_is_published_must_be_a_set_of_keys_that_are_long_enough(text):
    """RFC 7518, section 3.3: 2048 bits at least."""
    with pytest.raises(UnreadableKey):
        read_published_jwks(text)


def edwards(curve, number):
    """A JWK of the point whose encoding is this number."""
    size = 32 if curve == "Ed25519" else 57
    return {"kty": "OKP", "crv": curve, "x": base64url_encode(number.to_bytes(size, "little")).decode(), "kid": "b"}


ED448_P = 2**448 - 2**224 - 1
SMALL = {point.encoded() for point in edwards25519.small_order()}


@pytest.mark.parametrize(
    ("curve", "number"),
    [
        *(("Ed25519", int.from_bytes(text, "little")) for text in sorted(SMALL)),
        ("Ed25519", 1 << 255 | 1),
        ("Ed25519", edwards25519.P + 1),
        ("Ed25519", edwards25519.P + 3),
        ("Ed25519", 2),
        ("Ed25519", int.from_bytes((edwards25519.BASE + edwards25519.small_order()[1]).encoded(), "little")),
        ("Ed448", 0),
        ("Ed448", 1),
        ("Ed448", 1 << 455),
        ("Ed448", ED448_P - 1),
        ("Ed448", ED448_P),
        ("Ed448", ED448_P + 1),
    ],
)
def test_a_key_of_edwards_curves_that_others_could_sign_for_is_none(curve, number):
    """Points of small and of mixed order, texts that are no point, and a second way to write one (RFC 8032, 5.1.3)."""
    found = read(jwk("p384", kid="a"), edwards(curve, number))
    assert ["a"] == ids(found)
    with pytest.raises(UnreadableKey):
        read(edwards(curve, number))
    with pytest.raises(UnreadableKey):
        read_jwks(json.dumps(edwards(curve, number)))
