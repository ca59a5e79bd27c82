"""Digests of revoked ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postern_core.revocation import DIGEST_BYTES, is_among, packed, unpacked


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=20), st.text())
def test_an_id_is_among_those_that_were_packed(jtis, other):
    """An id is found among the packed ones, and no other id is, for any characters."""
    digests = unpacked(packed(jtis))

    assert all(is_among(jti, digests) for jti in jtis)
    assert (other in jtis) == is_among(other, digests)


def test_packing_is_canonical():
    """The order of the ids, and an id that comes twice, change nothing."""
    assert packed(["a", "b"]) == packed(["b", "a", "b"])
    assert 2 * DIGEST_BYTES == len(unpacked(packed(["b", "a", "b"])))
    assert "" == packed([])


@pytest.mark.parametrize("jti", ["\ud800", "\x00", "", "ä"])
def test_whatever_a_token_holds_can_be_looked_up(jti):
    """A JSON text may hold half of a surrogate pair, which is no character."""
    assert not is_among(jti, unpacked(packed(["a"])))
