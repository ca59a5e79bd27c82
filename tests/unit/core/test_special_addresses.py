"""Addresses that lead to no application of another machine."""

from __future__ import annotations

import pytest

from postern_core.special_addresses import AllowedAddresses, SpecialUse, read_allowed_addresses, special_use_of


@pytest.mark.parametrize(
    ("address", "use"),
    [
        ("127.0.0.1", "loopback"), ("127.255.255.254", "loopback"), ("::1", "loopback"),
        ("169.254.0.1", "link-local"), ("fe80::1", "link-local"), ("febf::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("169.254.169.254", "metadata"), ("169.254.170.2", "metadata"), ("fd00:ec2::254", "metadata"),
        ("fd20:ce::254", "metadata"), ("100.100.100.200", "metadata"), ("168.63.129.16", "metadata"),
        ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("::", "unspecified"),
        ("224.0.0.1", "multicast"), ("239.255.255.250", "multicast"), ("255.255.255.255", "multicast"),
        ("ff02::1", "multicast"),
        ("10.0.0.1", None), ("192.168.0.1", None), ("100.64.0.1", None), ("128.0.0.1", None), ("fd00::1", None),
        ("fec0::1", None), ("2001:db8::1", None), ("app.example.com", None), ("", None), ("127.1", None),
    ],
)  # fmt: skip
def test_an_address_says_what_it_is(address, use):
    """Private addresses are ordinary: applications have them. What is no IP address is resolved first."""
    assert use == special_use_of(address)


@pytest.mark.parametrize(
    ("address", "use"),
    [
        ("::ffff:127.0.0.1", "loopback"), ("::ffff:169.254.169.254", "metadata"), ("::ffff:0:127.0.0.1", "loopback"),
        ("::127.0.0.1", "loopback"), ("64:ff9b::169.254.169.254", "metadata"), ("64:ff9b::10.0.0.1", None),
        ("64:ff9b:1::a9fe:a9fe", "metadata"), ("64:ff9b:1:a9fe:a9:fe00::", "metadata"), ("64:ff9b:1:a00:0:100::", None),
        ("2002:7f00:1::", "loopback"), ("2002:a00:1::", None),
        ("2001:0:a00:1::5601:5601", "metadata"),  # Teredo writes a client's address inverted
        ("2001:db8::5efe:127.0.0.1", "loopback"), ("2001:db8::200:5efe:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", None),
    ],
)  # fmt: skip
def test_an_ipv4_address_is_found_within_ipv6(address, use):
    """Mapped, compatible, translated, NAT64, 6to4, Teredo or ISATAP: what is connected to is the IPv4 address."""
    assert use == special_use_of(address)


def refuses(allowed, address, *own):
    return read_allowed_addresses(allowed).refuses(address, own.__contains__)


@pytest.mark.parametrize(
    ("allowed", "address", "refused"),
    [
        ("", "127.0.0.1", "loopback"),
        ("loopback", "127.0.0.1", None),
        ("loopback", "::1", None),
        ("loopback", "::ffff:127.0.0.1", None),
        ("loopback", "169.254.0.1", "link-local"),
        ("127.0.0.1/32", "127.0.0.1", None),
        ("127.0.0.1/32", "127.0.0.2", "loopback"),
        ("link-local,fd00::/8", "169.254.169.254", "metadata"),
        ("169.254.0.0/16", "169.254.0.1", None),
        ("169.254.0.0/16,0.0.0.0/0", "169.254.169.254", "metadata"),
        ("metadata", "169.254.169.254", None),
        ("metadata", "fd00:ec2::254", None),
        ("10.0.0.0/8", "10.0.0.7", None),
    ],
)
def test_what_is_allowed_is_a_word_or_a_network(allowed, address, refused):
    """The metadata service has a word of its own, which no network stands for."""
    assert refused == refuses(allowed, address)


def test_an_own_address_is_what_the_system_says():
    """What is special anyway is that first, and a mapped address is what it maps."""
    assert "own" == refuses("", "10.0.0.7", "10.0.0.7")
    assert "own" == refuses("", "::ffff:10.0.0.7", "10.0.0.7")
    assert "loopback" == refuses("own", "127.0.0.1", "127.0.0.1")
    assert refuses("own", "10.0.0.7", "10.0.0.7") is None


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "Loopback", "loopback own"])
def test_what_is_neither_a_word_nor_a_network_is_a_mistake(text):
    """The message says which words there are."""
    with pytest.raises(ValueError, match="is neither one of metadata, loopback, link-local, unspecified"):
        read_allowed_addresses(text)


def test_nothing_is_allowed_by_nothing():
    """Spaces and empty parts mean nothing."""
    assert AllowedAddresses() == read_allowed_addresses(" ,") == read_allowed_addresses("")
    assert {SpecialUse.OWN, SpecialUse.LOOPBACK} == read_allowed_addresses("own, loopback").uses
