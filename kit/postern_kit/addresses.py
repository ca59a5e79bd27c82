"""Addresses of this machine: those to listen on, as options, and whether an address is its own."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple

# No packet is sent there: any port will do.
DISCARD_PORT = 9


class Address(NamedTuple):
    """A host and a port; an IPv6 host is without its brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read HOST:PORT, an IPv6 host in brackets; raises ValueError with a message that says what is wrong."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not host or (":" in host and f"[{host}]:{port}" != text) or not re.fullmatch("[0-9]{1,5}", port):
        raise ValueError(f"{text!r} is not HOST:PORT, such as 0.0.0.0:9080 or [::]:9080")
    if int(port) > 65535:
        raise ValueError(f"{port} is not a port: they end at 65535")
    return Address(host, int(port))


def is_own(address: str) -> bool:
    """Whether an IP address is one of this machine's, or of this pod's: what is sent there would come from there."""
    given = ipaddress.ip_address(address)
    family = socket.AF_INET if given.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as route:
        try:
            route.connect((address, DISCARD_PORT))
        except OSError:  # no way leads there
            return False
        # Compared as numbers: a zone behind an address (RFC 4007) that needs none leads to the same machine.
        return int(ipaddress.ip_address(route.getsockname()[0])) == int(given)
