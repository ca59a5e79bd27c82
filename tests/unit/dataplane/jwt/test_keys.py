"""The keys that verify signatures; PyJWT and cryptography do the cryptography."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import tokens
from cases import Token as Recipe
from heads import NOW_S
from postern_core.snapshot import Key
from postern_dataplane.jwt.compact import read_token
from postern_dataplane.jwt.keys import VerificationKey

SECRET = b"0123456789abcdef0123456789abcdef"
HMAC = base64.b64encode(SECRET).decode()
PAIRS = [
    *((f"{family}{size}", "rsa3072") for family in ("RS", "PS") for size in (256, 384, 512)),
    ("ES256", "p256"),
    ("ES384", "p384"),
    ("ES512", "p521"),
    ("EdDSA", "ed25519"),
    ("EdDSA", "ed448"),
]


def pem(name):
    return (Path(tokens.KEYS) / f"{name}.pub.pem").read_text()


def verifies(algorithm, material, token):
    return VerificationKey(Key(material=material), algorithm).verifies(token)


@cache
def minted(algorithm, private_key, secret):
    return tokens.mint(Recipe(algorithm=algorithm, private_key=private_key, secret=secret), NOW_S, {})


def token_of(algorithm, private_key="", secret=None, signature=None):
    text = minted(algorithm, private_key, secret)
    if signature is not None:
        text = f"{text.rpartition('.')[0]}.{tokens.encode(signature)}"
    return read_token(text)


@pytest.mark.parametrize(("algorithm", "name"), PAIRS)
def test_a_signature_of_the_key_verifies(algorithm, name):
    """RSA beyond 2048 bits is as good as any."""
    assert verifies(algorithm, pem(name), token_of(algorithm, name))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_an_hmac_of_the_secret_verifies(algorithm):
    """An HMAC of the secret verifies, twice as well: the prepared key is kept."""
    key = VerificationKey(Key(material=HMAC), algorithm)
    token = token_of(algorithm, secret=SECRET.decode())
    assert [True, True] == [key.verifies(token), key.verifies(token)]


@pytest.mark.parametrize(("algorithm", "name"), PAIRS)
@pytest.mark.parametrize(
    "signature", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 63, b"\0" * 65, b"\0" * 384, b"\0" * 9000]
)
def test_a_signature_of_another_shape_verifies_nothing(algorithm, name, signature):
    """A signature that is too short, too long or all zeros does not verify, and raises nothing."""
    assert not verifies(algorithm, pem(name), token_of(algorithm, name, signature=signature))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("signature", [b"", b"\0" * 32, b"\0" * 64])
def test_an_hmac_of_another_shape_verifies_nothing(algorithm, signature):
    """An empty one neither."""
    assert not verifies(algorithm, HMAC, token_of(algorithm, secret="x", signature=signature))


def test_an_ecdsa_signature_is_two_numbers_side_by_side():
    """RFC 7518, section 3.4; the form of X.509 is another spelling of the same, and refused."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    token = token_of("ES256", "p256")
    r, s = (int.from_bytes(half) for half in (token.signature[:32], token.signature[32:]))
    other = read_token(f"{token.signing_input.decode()}.{tokens.encode(encode_dss_signature(r, s))}")
    assert [True, False] == [verifies("ES256", pem("p256"), it) for it in (token, other)]


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [("RS256", "p256"), ("PS256", "ed25519"), ("ES256", "rsa3072"), ("ES256", "p384"), ("ES512", "p256"),
     ("EdDSA", "p256"), ("EdDSA", "rsa3072")],
)  # fmt: skip
def test_a_key_of_another_type_or_curve_verifies_nothing(algorithm, name):
    """The snapshot's word is checked once more."""
    signer = dict(PAIRS)[algorithm]
    assert not verifies(algorithm, pem(name), token_of(algorithm, signer))


def test_a_public_key_is_no_secret():
    """The text of a PEM is not the base64 of anything."""
    text = pem("rsa3072")
    assert not verifies("HS256", text, token_of("HS256", secret=text))


@pytest.mark.parametrize("material", ["", "====", "not base64!", "AAA"])
def test_a_broken_secret_verifies_nothing(material):
    """An empty one would verify what anybody signs."""
    assert not verifies("HS256", material, token_of("HS256", secret=""))


@pytest.mark.parametrize("material", ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "\u00e9"])
def test_a_broken_public_key_verifies_nothing(material):
    """A broken public key verifies nothing, and raises nothing."""
    assert not verifies("RS256", material, token_of("RS256", "rsa3072"))


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS1", "hs256", "ES256K"])
def test_an_algorithm_that_is_not_ours_verifies_nothing(algorithm):
    """`none` does not exist here."""
    assert not verifies(algorithm, HMAC, token_of("HS256", secret=SECRET.decode(), signature=b""))


@pytest.mark.parametrize(("not_after", "expected"), [(None, True), (NOW_S, False), (NOW_S + 0.001, True), (0.0, False)])
def test_a_key_ends_at_its_not_after(not_after, expected):
    """A key no longer verifies at the moment of its notAfter."""
    assert expected == VerificationKey(Key(material=HMAC, not_after=not_after), "HS256").is_live(NOW_S)


@pytest.mark.parametrize(
    ("algorithm", "name", "said", "expected"),
    [
        ("EdDSA", "ed25519", "Ed25519", True),
        ("EdDSA", "ed448", "Ed448", True),
        ("Ed25519", "ed25519", "EdDSA", True),
        ("Ed25519", "ed25519", "Ed25519", True),
        ("Ed448", "ed448", "EdDSA", True),
        ("EdDSA", "ed25519", "Ed448", False),
        ("EdDSA", "ed448", "Ed25519", False),
        ("Ed25519", "ed448", "EdDSA", False),
        ("Ed448", "ed25519", "Ed448", False),
    ],
)
def test_a_name_with_the_curve_means_keys_of_that_curve(algorithm, name, said, expected):
    """RFC 9864: by credential and by token, `Ed25519` never is Ed448, although EdDSA may be either."""
    assert expected == verifies(algorithm, pem(name), token_of(said, name))


def test_a_key_with_an_even_modulus_verifies_nothing():
    """No library can work with it, and none may raise beyond the key."""
    numbers = RSAPublicNumbers(65537, 1 << 2047)
    material = numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for algorithm in ("RS256", "PS256"):
        assert not verifies(algorithm, material, token_of(algorithm, "rsa3072", signature=b"\1" * 256))
