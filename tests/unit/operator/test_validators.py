"""What other people's libraries say about keys, patterns and certificates."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from postern_core.validators import UnreadableKey
from postern_operator.validators import certificates_error, read_public_key, regex_error

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
    from_pem, from_jwk = read_public_key(pem(name)), read_public_key(jwk)

    assert expected == (from_pem.type, from_pem.bits)
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
    ],
)
def test_what_is_no_public_key_is_refused_without_being_quoted(text):
    """A private key that was pasted by mistake must not reach a log."""
    with pytest.raises(UnreadableKey) as caught:
        read_public_key(text)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("pattern", "fine"), [("/a.*", True), ("(", False), ("(?=a)", False), ("(a)\\1", False)])
def test_only_patterns_of_re2_are_taken(pattern, fine):
    """Linear time is a promise to all tenants of a gateway."""
    assert fine == (regex_error(pattern) == "")


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_openssl_cannot_read_is_no_certificate(text):
    """It would fail in the data plane later."""
    assert certificates_error(text)
