"""A door of the gateway: what holds for every connection that comes in through it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """`redirects_to` is the port with TLS that every request is sent to, None where requests are served.

    `server_name` is the host in lower case that a client has asked for by SNI, of which each connection has its own.
    """

    is_tls: bool = False
    redirects_to: int | None = None
    server_name: str | None = None

    def way_of(self, peer: str) -> str:
        """A text that is the same for all connections of one address at one entrance, and for no other."""
        # An address has no spaces, nor has the name of a host; the rest is numbers and words of our own.
        return f"{self.is_tls} {self.redirects_to} {self.server_name} {peer}"
