"""Networks as numbers: what is one, and which addresses are within."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postern_core.networks import hold, merged, number_of, read_network


def number(text):
    """The place of an address."""
    return number_of(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text", ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.256", "010.0.0.1", "1:2", "fe80::1%eth0", "fe80::%1/64", "", "x", "1"]
)
def test_what_is_no_network_is_refused(text):
    """A typo must not become another network."""
    with pytest.raises(ValueError, match=r"."):
        read_network(text)


@pytest.mark.parametrize(
    ("network", "address", "is_within"),
    [
        ("10.0.0.0/8", "10.255.255.255", True),
        ("10.0.0.0/8", "11.0.0.0", False),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("::ffff:10.0.0.0/104", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.1", True),
        ("::/0", "2001:db8::1", True),
        ("::/0", "10.0.0.1", False),
        ("0.0.0.0/0", "::a00:1", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("0.0.0.0/0", "255.255.255.255", True),
        ("0.0.0.0/0", "::", False),
    ],
)
def test_an_address_is_of_one_family(network, address, is_within):
    """An IPv4 address is of IPv4 however it is written, and no wide network of IPv6 holds it."""
    assert is_within == hold(merged([network]), number(address), number(address))


def test_ranges_that_touch_are_one():
    """Two halves hold what their whole holds; the two families never become one range."""
    assert merged(["10.0.0.0/8"]) == merged(["10.128.0.0/9", "10.0.0.0/9", "10.1.2.3"])
    assert 2 == len(merged(["0.0.0.0/0", "::/0"])[0])
    assert ((), ()) == merged([])
    assert not hold(merged([]), 0, 0)


NETWORKS = st.builds(
    lambda address, bits: str(ipaddress.ip_network((address, bits), strict=False)),
    st.integers(0, 255).map(lambda low: f"10.0.0.{low}"),
    st.integers(24, 32),
)


@given(st.lists(NETWORKS, max_size=8), st.integers(0, 255))
def test_ranges_hold_what_a_network_of_them_holds(networks, low):
    """However they overlap."""
    address = ipaddress.ip_address(f"10.0.0.{low}")
    expected = any(address in ipaddress.ip_network(network) for network in networks)
    assert expected == hold(merged(networks), int(address), int(address))
