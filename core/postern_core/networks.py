"""Networks of IP addresses as numbers: both families on one line, so that one look-up finds an address among many.

The numbers of IPv6 follow those of IPv4.  An IPv4 address written as IPv6 (`::ffff:a.b.c.d`) is the IPv4 address.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# The firsts and the lasts of ranges, in order; none touches another.
Ranges = tuple[tuple[int, ...], tuple[int, ...]]

IPV6_BEGINS = 1 << 32
_MAPPED_BITS = 96


def number_of(address: IPAddress) -> int:
    """The place of an address on the line; a zone, which means something on one machine only, does not count."""
    if isinstance(address, ipaddress.IPv4Address):
        return int(address)
    mapped = address.ipv4_mapped
    return IPV6_BEGINS + int(address) if mapped is None else int(mapped)


def read_network(text: str) -> tuple[int, int]:
    """The first and the last number of a network or a single address; raises ValueError for what is neither.

    Bits beyond the prefix are refused: 10.0.0.1/8 may be meant as the address or as the network.
    """
    if "%" in text:
        raise ValueError(f"{text!r} has a zone, which no other machine knows")
    network = ipaddress.ip_network(text)
    if network.version == 6 and network.prefixlen < _MAPPED_BITS:
        # All of the mapped addresses may lie within, but a wide network of IPv6 is not meant to hold IPv4.
        first = IPV6_BEGINS + int(network.network_address)
        return first, first + network.num_addresses - 1
    return number_of(network.network_address), number_of(network.broadcast_address)


def merged(networks: Iterable[str]) -> Ranges:
    """The ranges that these networks make together."""
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in sorted(map(read_network, networks)):
        if lasts and first <= lasts[-1] + 1 and first != IPV6_BEGINS:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return tuple(firsts), tuple(lasts)


def hold(ranges: Ranges, first: int, last: int) -> bool:
    """Whether one of the ranges has all addresses from the first to the last."""
    firsts, lasts = ranges
    at = bisect_right(firsts, first) - 1
    return at >= 0 and last <= lasts[at]
