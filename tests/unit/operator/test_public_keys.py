"""Public keys as people have them, and what is said of a text that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from certificates import Authority, odd_certificates
from postern_core.validators import UnreadableKey
from postern_operator.public_keys import read_public_keys

KEYS = Path(__file__).parents[2] / "support" / "keys"

TYPES = [
    ("rsa3072", ("RSA", 3072), RSAAlgorithm),
    ("p256", ("P-256", 256), ECAlgorithm),
    ("p384", ("P-384", 384), ECAlgorithm),
    ("p521", ("P-521", 521), ECAlgorithm),
    ("ed25519", ("Ed25519", 256), OKPAlgorithm),
    ("ed448", ("Ed448", 456), OKPAlgorithm),
]


def pem(name):
    return (KEYS / f"{name}.pub.pem").read_text()


@pytest.mark.parametrize(("name", "expected", "algorithm"), TYPES)
def test_a_key_is_the_same_in_pem_and_as_jwk(name, expected, algorithm):
    """Type, size and the very bytes that the data plane gets."""
    jwk = json.dumps(algorithm.to_jwk(load_pem_public_key(pem(name).encode()), as_dict=True))
    from_pem, from_jwk = read_public_keys(pem(name)).keys, read_public_keys(jwk).keys

    assert expected == (from_pem[0].type, from_pem[0].bits)
    assert from_pem == from_jwk


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        "{",
        "[]",
        '{"kty": "oct", "k": "aHVudGVyMg"}',
        '{"kty": "RSA", "n": "hunter2", "e": "AQAB", "d": "hunter2"}',
        '{"kty": "EC", "crv": "secp256k1", "x": "hunter2", "y": "hunter2"}',
        '{"kty": "EC", "crv": ["hunter2"]}',
        "-----BEGIN PUBLIC KEY-----\nhunter2\n-----END PUBLIC KEY-----",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
        "-----BEGIN HUNTER2 hunter2-----\nhunter2\n-----END HUNTER2 hunter2-----",
        "ssh-rsa hunter2",
        "https://hunter2.example.com/jwks",
        "MCowBQYDK2VwAyEAnB9NfnbxGarjSzIWn20nIS0JBQ7F hunter2",
        '{"keys": [{"kty": "EC", "kid": "hunter2", "use": "hunter2"}]}',
        '{"kty": "RSA", "n": "hunter2", "e": "hunter2", "kid": "hunter2", "alg": "hunter2"}',
        '["hunter2"]',
    ],
)
def test_what_is_no_public_key_is_refused_without_being_quoted(text):
    """A private key that was pasted by mistake must not reach a log."""
    with pytest.raises(UnreadableKey) as caught:
        read_public_keys(text)

    assert "hunter2" not in str(caught.value)


def test_a_certificate_that_x_509_does_not_allow_is_no_key():
    """Its credential is refused alone, whatever a library raises for it."""
    pair = odd_certificates(Authority("test CA"))["a version that there is not"]
    with pytest.raises(UnreadableKey):
        read_public_keys(pair.chain.decode())


def spki(exponent, modulus):
    key = RSAPublicNumbers(exponent, modulus).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    ("exponent", "modulus", "word"),
    [
        (65537, (1 << 8192) + 1, "beyond 8192 bits"),
        ((1 << 64) + 1, (1 << 2048) + 1, "huge exponent"),
        (65537, 1 << 2047, "even modulus"),
    ],
)
def test_an_rsa_key_that_costs_too_much_or_protects_nothing_is_refused(exponent, modulus, word):
    """One tenant's keys would cost the requests of all."""
    with pytest.raises(UnreadableKey, match=word):
        read_public_keys(spki(exponent, modulus))


@pytest.mark.parametrize("name", ["rsa3072", "p256", "p521", "ed25519"])
def test_a_line_of_openssh_is_the_same_key(name):
    """ssh-keygen can't convert all of them, so they are taken as they are."""
    line = load_pem_public_key(pem(name).encode()).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert read_public_keys(pem(name)) == read_public_keys(f"{line} alice@laptop\n")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (pem("p256").replace("\n", "\\n"), "line breaks"),
        (pem("p256") * 2, "several PEM blocks"),
        ("".join(pem("p256").splitlines()[1:-1]), "lacks the lines of PEM"),
        ("http://a/jwks", "is a URL"),
        ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", "private key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "private key"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "openssl pkey"),
        ("ssh-ed25519 AAAA alice", "openssl pkey"),
    ],
)
def test_each_form_that_is_no_key_has_a_reason_of_its_own(text, word):
    """A PEM with literal line feeds, two PEM blocks and so on: with the command or the field that mends each."""
    with pytest.raises(UnreadableKey, match=word):
        read_public_keys(text)
