"""Base64url has one spelling for each content, and the strict reading takes that one alone (RFC 4648, section 3.5)."""

from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postern_dataplane.jwt.compact import MalformedToken, _decode

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def spelt(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@given(st.binary(max_size=100))
def test_what_was_spelt_is_read(content):
    """Whatever it is."""
    assert content == _decode(spelt(content))


@given(st.text(ALPHABET, max_size=100))
def test_what_is_read_was_spelt_like_that(segment):
    """Nothing else is read: no other length, no stray bits."""
    try:
        content = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        content = None
    if content is not None and spelt(content) == segment:
        assert content == _decode(segment)
    else:
        with pytest.raises(MalformedToken):
            _decode(segment)
