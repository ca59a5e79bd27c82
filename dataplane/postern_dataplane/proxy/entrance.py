"""A door of the gateway: what holds for every connection that comes in through it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entrance:
    """`port` is what upstreams are told as X-Forwarded-Port.

    `redirects_to` is the port with TLS that every request is sent to, None where requests are served.
    """

    port: int
    is_tls: bool = False
    redirects_to: int | None = None
