"""Addresses of this machine: those to listen on, and its own."""

from __future__ import annotations

import socket

import pytest

from installation import own_address
from postern_kit.addresses import Address, is_own, parse_address


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


def test_an_address_of_this_machine_is_its_own():
    """The pod's own address is known without asking Kubernetes, and another's is none of its own."""
    assert [True, True, False] == [is_own(it) for it in ("127.0.0.1", own_address(), "192.0.2.1")]


@pytest.mark.skipif(not socket.has_ipv6, reason="the system has no IPv6")
def test_a_zone_makes_no_other_address():
    """The system connects to `::1%1` as to `::1`, whatever stands behind the sign."""
    assert [True, True] == [is_own(it) for it in ("::1", "::1%1")]


@pytest.mark.skipif(not socket.has_ipv6, reason="the system has no IPv6")
def test_an_address_without_a_way_to_it_is_not_own():
    """Connecting will fail by itself."""
    assert not is_own("2001:db8::1")
