"""What the settings of a gateway say of every table, made once for all of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from postern_core.networks import hold, merged, number_of
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.request.correlation import Correlation


def trusts_none(_peer: str) -> bool:
    """What holds without trusted proxies."""
    return False


def proxy_trust(trusted_proxies: Iterable[str]) -> Callable[[str], bool]:
    """Whether a peer is one of these proxies; raises ValueError for a bad CIDR."""
    ranges = merged(str(ipaddress.ip_network(cidr, strict=False)) for cidr in trusted_proxies)
    if not ranges[0]:
        return trusts_none

    @lru_cache(maxsize=4096)
    def is_trusted_proxy(peer: str) -> bool:
        try:
            number = number_of(ipaddress.ip_address(peer))
        except ValueError:
            return False
        return hold(ranges, number, number)

    return is_trusted_proxy


@dataclass(frozen=True, slots=True)
class TableSettings:
    """Which peers are trusted, and what holds on every route.

    `correlation` None leaves ids of requests and traces alone, `logged_claims` None logs no claims, and
    `body_bytes_max` None takes bodies of any size.
    """

    is_trusted_proxy: Callable[[str], bool] = trusts_none
    correlation: Correlation | None = None
    logged_claims: LoggedClaims | None = None
    body_bytes_max: int | None = None


DEFAULTS = TableSettings()
