"""Which addresses of upstreams may be connected to: an upstream is a tenant's word, and some addresses are not theirs.

Asked for IP addresses alone, after names were resolved: a name may lead elsewhere the next time.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from postern_core.special_addresses import AllowedAddresses, SpecialUse

# No packet is sent there: any port will do.
PORT = 9


class AddressRefused(OSError):
    """An upstream has no address that may be connected to."""


def is_own(address: str) -> bool:
    """Whether an address is one of this machine's, or of this pod's: what is sent there would come from there."""
    given = ipaddress.ip_address(address)
    family = socket.AF_INET if given.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as route:
        try:
            route.connect((address, PORT))
        except OSError:  # no way leads there
            return False
        return ipaddress.ip_address(route.getsockname()[0]) == given


class DialPolicy:
    """What the settings allow, and what this machine's own addresses are."""

    def __init__(self, allowed: AllowedAddresses, is_own: Callable[[str], bool] = is_own) -> None:
        self._allowed = allowed
        self._is_own = is_own

    def refuses(self, address: str) -> SpecialUse | None:
        """Return why an IP address may not be connected to, None where it may."""
        return self._allowed.refuses(address, self._is_own)
