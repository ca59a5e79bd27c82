"""Whether a token was signed with another spelling of a secret."""

from __future__ import annotations

import base64

import pytest

import tokens
from cases import Token
from manifests import SECRET
from postern_cli.explanation.secret_spellings import other_spelling
from postern_core.snapshot import Credential, Key
from postern_dataplane.jwt.compact import read_token

NOW_S = 1_900_000_000
RAW = bytes(range(0xC0, 0xE0))


def told(secret, signed_with, algorithm="HS256"):
    entry = Credential(
        id="JWTCredential/default/a", namespace="default", name="a", created="", consumer="", key="a",
        algorithm=algorithm, keys=(Key(material=base64.b64encode(secret).decode()),),
    )  # fmt: skip
    secret_of_signer = base64.b64encode(signed_with).decode()
    signer = Credential(
        id="s", namespace="", name="", created="", consumer="", key="a", algorithm=algorithm,
        keys=(Key(material=secret_of_signer),),
    )  # fmt: skip
    text = tokens.mint(Token(credential="s"), NOW_S, {"s": signer})
    return other_spelling(read_token(text), entry, None)


@pytest.mark.parametrize(
    ("secret", "signed_with", "word"),
    [
        (f"{SECRET}\n".encode(), SECRET.encode(), "ends in a line feed"),
        (f" {SECRET}".encode(), SECRET.encode(), "white space"),
        (base64.b64encode(RAW), RAW, "set encoding: Base64"),
        (base64.urlsafe_b64encode(RAW).rstrip(b"="), RAW, "set encoding: Base64"),
        (RAW, base64.b64encode(RAW), "set encoding: Plain"),
        (RAW, base64.urlsafe_b64encode(RAW).rstrip(b"="), "set encoding: Plain"),
    ],
)
def test_a_usual_slip_is_told_with_the_way_out(secret, signed_with, word):
    """A Secret that ends in a line feed is the most usual of all."""
    hint = told(secret, signed_with)
    assert word in hint
    assert SECRET not in hint


def test_another_secret_is_no_spelling():
    """Nothing is said, and nothing is guessed at."""
    assert "" == told(SECRET.encode(), RAW)


def test_a_public_key_has_no_spelling():
    """It is read, or it isn't."""
    entry = Credential(
        id="JWTCredential/default/a", namespace="default", name="a", created="", consumer="", key="a",
        algorithm="EdDSA", keys=(Key(material="PEM"),),
    )  # fmt: skip
    token = read_token(tokens.mint(Token(algorithm="EdDSA", private_key="ed25519"), NOW_S, {}))
    assert "" == other_spelling(token, entry, None)
