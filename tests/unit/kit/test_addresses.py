"""Addresses to listen on."""

from __future__ import annotations

import pytest

from postern_kit.addresses import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [("0.0.0.0:80", Address("0.0.0.0", 80)), ("[::1]:0", Address("::1", 0)), ("localhost:9", Address("localhost", 9))],
)
def test_an_address_is_read_and_written_alike(text, address):
    """HOST:PORT is read into a host without brackets, and written with them again."""
    assert (address, text) == (parse_address(text), str(address))


@pytest.mark.parametrize("text", ["80", ":80", "::1:80", "a:", "a:b", "a:70000", "[::1:80", ""])
def test_another_text_is_refused(text):
    """A text that is not HOST:PORT raises ValueError, which says so."""
    with pytest.raises(ValueError, match="is not"):
        parse_address(text)
