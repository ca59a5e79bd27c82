"""The bytes by which keys outlive the process."""

import json

import pytest

from fake_provider import jwk, signing_key
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.kept import decode_kept, encode_kept
from postern_operator.jwk_sets import read_published_jwks, write_jwks

SET = write_jwks(read_published_jwks(json.dumps({"keys": [jwk(signing_key(), "one")]})).keys)
KEYS = FetchedKeys(SET, 1_800_000_000.5, "https://login.example.com/jwks", '"a"')


def test_keys_are_read_as_they_were_kept():
    """With where they are from, and when they were found so."""
    assert KEYS == decode_kept(encode_kept(KEYS))


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff", encode_kept(KEYS)[:-9], encode_kept(FetchedKeys('{"keys": []}', 1.0)), b'{"keys": 1}'],
)
def test_what_is_damaged_counts_as_nothing(content):
    """It is fetched again, and verifies nothing meanwhile."""
    assert decode_kept(content) is None
