"""A token is taken apart as the gateway takes it apart."""

from __future__ import annotations

from heads import signed
from postern_cli.explanation.decoded_token import decode_token


def test_a_token_has_a_header_and_claims():
    """Nothing is verified: its maker is unknown."""
    decoded = decode_token(signed())
    assert ("HS256", "", "alice") == (decoded.header["alg"], decoded.mistake, decoded.claims["key"])


def test_what_is_no_token_says_why_and_is_not_quoted():
    """It may be a secret that was pasted at a wrong place."""
    decoded = decode_token("s3cret")
    assert ({}, {}, "is not three segments of base64url") == (decoded.header, decoded.claims, decoded.mistake)
