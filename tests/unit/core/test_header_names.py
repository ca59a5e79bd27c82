"""Header names and how they are compared."""

import pytest

from postern_core.header_names import RESERVED, canonical


@pytest.mark.parametrize(
    "name", ["X-Consumer-Username", "x_consumer_username", "X.CONSUMER-username", "X!Consumer~Username"]
)
def test_spellings_that_a_server_may_take_for_one_are_one(name):
    """Case, underscore, dot and other signs make no other header."""
    assert "x-consumer-username" == canonical(name)


def test_reserved_names_are_in_canonical_form():
    """Reserved header names are in canonical form, by which they are looked up."""
    assert {canonical(name) for name in RESERVED} == RESERVED
