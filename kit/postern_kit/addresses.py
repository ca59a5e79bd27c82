"""Addresses to listen on, as options."""

from __future__ import annotations

import re
from typing import NamedTuple


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
