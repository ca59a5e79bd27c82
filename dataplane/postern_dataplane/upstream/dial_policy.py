"""Which addresses of upstreams may be connected to: an upstream is a tenant's word, and some addresses are not theirs.

Asked for IP addresses alone, after names were resolved: a name may lead elsewhere the next time.
"""

from __future__ import annotations

from collections.abc import Callable

from postern_core.special_addresses import AllowedAddresses, SpecialUse
from postern_kit.addresses import is_own


class AddressRefused(OSError):
    """An upstream has no address that may be connected to."""


class DialPolicy:
    """What the settings allow, and what this machine's own addresses are."""

    def __init__(self, allowed: AllowedAddresses, is_own: Callable[[str], bool] = is_own) -> None:
        self._allowed = allowed
        self._is_own = is_own

    def refuses(self, address: str) -> SpecialUse | None:
        """Return why an IP address may not be connected to, None where it may."""
        return self._allowed.refuses(address, self._is_own)
