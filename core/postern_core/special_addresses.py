"""Addresses that lead to no application of another machine: to the machine itself, its link, or its cloud.

What connects somewhere because a tenant says so refuses them, unless its operator allows it: behind them are ports
that trust everyone who can reach them.  Which addresses are a machine's own is known to `postern_kit.addresses` alone.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SpecialUse(enum.StrEnum):
    """What a special address is; the value is its word in settings and messages."""

    METADATA = "metadata"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    UNSPECIFIED = "unspecified"
    MULTICAST = "multicast"
    OWN = "own"


# The first that holds an address says what it is.
_NETWORKS = {
    SpecialUse.METADATA: (
        "169.254.169.254/32",  # AWS, Azure, Google and most others
        "169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::23/128",  # AWS: credentials of tasks and pods
        "fd00:ec2::254/128", "fd20:ce::254/128",  # AWS and Google, by IPv6
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.192/32",  # Oracle Cloud
        "169.254.42.42/32", "fd00:42::42/128",  # Scaleway
    ),
    SpecialUse.LOOPBACK: ("127.0.0.0/8", "::1/128"),
    SpecialUse.LINK_LOCAL: ("169.254.0.0/16", "fe80::/10"),
    SpecialUse.UNSPECIFIED: ("0.0.0.0/8", "::/128"),  # Linux connects to itself
    SpecialUse.MULTICAST: ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8"),
}  # fmt: skip
# By version, the numbers of network and mask: an upstream may have hundreds of addresses, looked at in one go.
_USES: dict[int, list[tuple[SpecialUse, int, int]]] = {4: [], 6: []}
for _use, _written in _NETWORKS.items():
    for _network in map(ipaddress.ip_network, _written):
        _USES[_network.version].append((_use, int(_network.network_address), int(_network.netmask)))
# Prefixes of 96 bits before an IPv4 address: mapped (RFC 4291), compatible, translated (RFC 7915) and NAT64 (RFC 6052).
_BEFORE_IPV4 = frozenset({0xFFFF << 32, 0, 0xFFFF << 48, 0x64_FF9B << 96})
_LOCAL_NAT64 = 0x64_FF9B_0001  # 64:ff9b:1::/48 (RFC 8215)
_ISATAP = frozenset({0x5EFE, 0x0200_5EFE})


def special_use_of(address: str) -> SpecialUse | None:
    """Return what an IP address is, wherever an IPv4 address is hidden in it; None for an ordinary one, or a name."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return None
    return next((use for form in forms_of(given) if (use := _use_of(form))), None)


@dataclass(frozen=True, slots=True)
class AllowedAddresses:
    """The special addresses that may be connected to all the same: by what they are, or by network."""

    uses: frozenset[SpecialUse] = frozenset()
    networks: tuple[Network, ...] = ()

    def refuses(self, address: str, is_own: Callable[[str], bool]) -> SpecialUse | None:
        """Return why an IP address may not be connected to, None where it may.

        A metadata service is allowed by its word alone: a wide network is no decision about it.
        """
        forms = tuple(forms_of(ipaddress.ip_address(address)))
        found = [(form, use) for form in forms if (use := _use_of(form)) is not None]
        # The system says of a loopback address too that it is its own.
        for form, use in found or [(form, SpecialUse.OWN) for form in forms if is_own(str(form))]:
            is_listed = use is not SpecialUse.METADATA and any(form in network for network in self.networks)
            if use not in self.uses and not is_listed:
                return use
        return None


def read_allowed_addresses(text: str) -> AllowedAddresses:
    """Read words and networks, with commas between; raises ValueError with a message that says what is wrong."""
    uses, networks = set[SpecialUse](), list[Network]()
    for part in filter(None, map(str.strip, text.split(","))):
        if part in set(SpecialUse):
            uses.add(SpecialUse(part))
            continue
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError as error:
            words = ", ".join(SpecialUse)
            raise ValueError(f"{part!r} is neither one of {words} nor a network such as 10.0.0.0/8") from error
    return AllowedAddresses(frozenset(uses), tuple(networks))


def _use_of(address: IPAddress) -> SpecialUse | None:
    number = int(address)
    return next((use for use, network, mask in _USES[address.version] if number & mask == network), None)


def forms_of(address: IPAddress) -> Iterator[IPAddress]:
    """Yield the address itself, and each IPv4 address that a router or the system may find in it."""
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    number = int(address)
    low, high = number & 0xFFFF_FFFF, number >> 32 << 32
    if number > 1 and (high in _BEFORE_IPV4 or number >> 32 & 0xFFFF_FFFF in _ISATAP):
        yield ipaddress.IPv4Address(low)
    if number >> 80 == _LOCAL_NAT64:
        # RFC 6052, section 2.2: behind /48 the address is in two parts, around an octet of zeros; or it is at the end.
        split = (number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF
        yield from (ipaddress.IPv4Address(it) for it in (split, low) if it)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
