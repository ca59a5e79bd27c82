"""A door of the gateway: what holds for every connection that comes in through it."""

from __future__ import annotations

from dataclasses import dataclass

from .exchange import Exchange


@dataclass(frozen=True, slots=True)
class Entrance:
    """`port` is what upstreams are told as X-Forwarded-Port; `exchange` is what a request becomes."""

    port: int
    is_tls: bool = False
    exchange: type[Exchange] = Exchange
