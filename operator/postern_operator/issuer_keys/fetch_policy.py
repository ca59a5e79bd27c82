"""Which URLs and addresses keys may be fetched from: a URL is a tenant's word, and the network is the operator's.

A host is looked at before it is resolved, and each address when a socket for it is made: what a name leads to the next
time is looked at the next time (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from yarl import URL

from postern_core.special_addresses import AllowedAddresses, Network, SpecialUse, forms_of
from postern_kit.addresses import is_own

from .errors import FetchReason, KeyFetchError

NONE_ALLOWED = AllowedAddresses()
# Local mode fetches as its user, who can reach this machine's own ports anyway.
LOCAL = AllowedAddresses(frozenset({SpecialUse.LOOPBACK, SpecialUse.OWN}))


class AddressRefused(OSError):
    """An address may not be connected to."""


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What an administrator allows: networks that are never connected to, and patterns of hosts, none for all."""

    denied: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()
    allowed: AllowedAddresses = NONE_ALLOWED
    is_own: Callable[[str], bool] = is_own

    def check_url(self, url: str, *, may_be_plain: bool) -> URL:
        """Return a URL that may be fetched; raises `KeyFetchError` for any other."""
        try:
            read = URL(url)
            host = read.host if read.port != 0 else None
        except ValueError:
            raise KeyFetchError(FetchReason.NOT_ALLOWED, "the URL can't be read") from None
        if not host:
            raise KeyFetchError(FetchReason.NOT_ALLOWED, "the URL can't be read")
        if read.scheme != "https" and not (read.scheme == "http" and may_be_plain):
            raise KeyFetchError(FetchReason.NOT_ALLOWED, "the URL is not one of https")
        if read.user is not None or read.password is not None:
            raise KeyFetchError(FetchReason.NOT_ALLOWED, "the URL holds a user or a password")
        self.check_host(host, "the URL's host")
        return read

    def check_host(self, host: str, what: str) -> None:
        """Raise `KeyFetchError` where keys may not be fetched from a host, which is called `what` then."""
        if self.hosts and not any(fnmatchcase(host.lower(), pattern.lower()) for pattern in self.hosts):
            raise KeyFetchError(FetchReason.NOT_ALLOWED, f"{what} is none of --fetch-hosts")

    def refuses(self, address: str) -> str:
        """Return why an IP address may not be connected to, "" where it may."""
        if use := self.allowed.refuses(address, self.is_own):
            return f"{use} address"
        forms = tuple(forms_of(ipaddress.ip_address(address)))
        return "address of --fetch-deny" if any(form in network for form in forms for network in self.denied) else ""

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket that is connected to one address; raises `AddressRefused`."""
        family, type_, protocol, _, (address, *_) = info
        if why := self.refuses(str(address)):
            raise AddressRefused(why)
        return socket.socket(family, type_, protocol)
