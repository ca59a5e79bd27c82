"""Tokens, made so that the data plane takes them."""

from __future__ import annotations

import base64

import click
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

import manifests
import tokens
from postern_cli.token_signing import Times, choose_key, claims_of, sign
from postern_core.snapshot import Credential, Key
from postern_dataplane.jwt.compact import read_token
from postern_dataplane.jwt.keys import VerificationKey

TIMES = Times(1_000, 2_000)


def credential_of(*keys, algorithm="HS256"):
    return Credential(
        id="JWTCredential/demo/alice", namespace="demo", name="alice", created="", consumer="Consumer/demo/alice",
        key="alice_key", algorithm=algorithm, keys=keys,
    )  # fmt: skip


def secret_key(**options):
    return Key(material=base64.b64encode(manifests.SECRET.encode()).decode(), **options)


def public_key(name, **options):
    return Key(material=(tokens.KEYS / f"{name}.pub.pem").read_text(), **options)


def private_pem(name):
    return (tokens.KEYS / f"{name}.pem").read_bytes()


def test_the_payload_names_the_credential_and_its_times():
    """Further claims stand beside what the command sets."""
    payload = claims_of(credential_of(), "key", TIMES, {"user": "oiloil"})
    assert {"key": "alice_key", "iat": 1_000, "exp": 2_000, "user": "oiloil"} == payload


def test_the_issue_time_may_be_another():
    """The issue time can be set, so that a revocation by age can be tried."""
    assert claims_of(credential_of(), "key", TIMES, {"iat": 5})["iat"] == 5


def test_another_claim_may_name_the_credential():
    """As where a policy says keyClaim: iss."""
    assert {"iss": "alice_key", "iat": 1_000, "exp": 2_000} == claims_of(credential_of(), "iss", TIMES, {})


@pytest.mark.parametrize(("key_claim", "given"), [("key", {"exp": 1}), ("iss", {"iss": "x"}), ("exp", {}), ("iat", {})])
def test_a_claim_that_collides_is_refused(key_claim, given):
    """Of two values for one claim, one would be lost."""
    with pytest.raises(click.UsageError):
        claims_of(credential_of(), key_claim, TIMES, given)


def test_the_live_keys_may_sign():
    """A key whose notAfter has passed would make a token that is refused."""
    old, new = secret_key(id="old", not_after=10.0), secret_key(id="new")
    assert (new,) == choose_key(credential_of(old, new), None, 10.0)


def test_an_id_chooses_the_key():
    """One key is left."""
    first, second = secret_key(id="a"), secret_key(id="b")
    assert (second,) == choose_key(credential_of(first, second), "b", 0.0)


@pytest.mark.parametrize(("key_id", "told"), [("c", "ids are: a, b"), ("a", "notAfter has passed")])
def test_a_key_that_can_not_be_used_is_told(key_id, told):
    """The message has the ids that there are."""
    credential = credential_of(secret_key(id="a", not_after=10.0), secret_key(id="b"))
    with pytest.raises(click.ClickException, match=told):
        choose_key(credential, key_id, 20.0)


PAIRS = {
    "RS256": "rsa3072", "PS512": "rsa3072", "ES256": "p256", "ES384": "p384", "ES512": "p521", "EdDSA": "ed448",
}  # fmt: skip


@pytest.mark.parametrize(("algorithm", "name"), PAIRS.items())
def test_a_private_key_signs(algorithm, name):
    """The data plane verifies the signature with the credential's public key."""
    key = public_key(name, id="k1")
    token = read_token(sign(credential_of(key, algorithm=algorithm), (key,), {"a": 1}, private_pem(name)))
    assert ("k1", {"a": 1}, True) == (token.kid, token.claims, VerificationKey(key, algorithm).verifies(token))


def test_a_secret_signs():
    """A key without an id makes a token without a kid."""
    token = read_token(sign(credential_of(secret_key()), (secret_key(),), {"a": 1}, None))
    assert (None, True) == (token.kid, VerificationKey(secret_key(), "HS256").verifies(token))


def test_a_weak_secret_that_is_allowed_signs():
    """It is said once, by allowWeakKey, and not by a warning of the library."""
    key = Key(material=base64.b64encode(b"weak").decode())
    assert sign(credential_of(key), (key,), {}, None)


def test_the_key_to_which_the_private_one_belongs_is_named():
    """During a rotation the token says which of the keys verifies it."""
    keys = (public_key("p256-other", id="old"), public_key("p256", id="new"))
    token = read_token(sign(credential_of(*keys, algorithm="ES256"), keys, {}, private_pem("p256")))
    assert token.kid == "new"


def pem_of_no_use():
    key = ec.generate_private_key(ec.SECP256K1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def encrypted_pem():
    key = load_pem_private_key(private_pem("p256"), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase"))


@pytest.mark.parametrize(
    ("algorithm", "pem", "told"),
    [
        ("ES256", private_pem("p256-other"), "does not belong to JWTCredential demo/alice"),
        ("ES256", encrypted_pem(), "passphrase; take it off first"),
        ("ES256", pem_of_no_use(), "the private key is a key of a type that no algorithm here uses"),
        ("ES256", b"-----BEGIN nonsense", "is not a private key in PEM"),
        ("ES256", None, "give its private key with --private-key"),
        ("HS256", private_pem("p256"), "leave out --private-key"),
    ],
)
def test_a_key_that_does_not_fit_is_refused_in_words(algorithm, pem, told):
    """What can't make a good token makes none, and no key is quoted."""
    key = secret_key() if algorithm == "HS256" else public_key("p256")
    with pytest.raises(click.ClickException, match=told) as refused:
        sign(credential_of(key, algorithm=algorithm), (key,), {}, pem)
    assert "BEGIN nonsense" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_no_token_is_made_for_a_credential_of_an_issuer():
    """The gateway has no key that could sign it."""
    bound = msgspec.structs.replace(credential_of(), issuer="TokenIssuer/platform/keycloak")
    with pytest.raises(click.ClickException, match="TokenIssuer platform/keycloak signs the tokens of JWTCredential"):
        choose_key(bound, None, 0.0)
