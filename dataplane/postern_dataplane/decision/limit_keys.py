"""What a request is counted by: its client's address and its route, and when it is known who calls, that and claims.

What follows from the counts belongs in `rate_limiting`.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from postern_dataplane.rate_limits.limit import KeyedLimits, Limit
from postern_dataplane.request.head import RequestHead
from postern_dataplane.table.identity_headers import Identity
from postern_dataplane.table.rate_limits import CompiledRateLimits
from postern_dataplane.table.routing_table import RoutingTable

from .client_address import client_address

# RFC 6177: a site has a /64 at least, and every host of it all of its addresses.
_IPV6_BYTES = 8


def keys_of_request(head: RequestHead, limits: CompiledRateLimits, table: RoutingTable) -> KeyedLimits:
    """The limits that do not depend on who calls, each with its key."""
    if not limits.by_client:
        return limits.by_route
    peer = head.peer
    key = address_key(client_address(head, table.is_trusted_proxy) if table.is_trusted_proxy(peer) else peer)
    by_client = _with_key(limits.by_client, key)
    return limits.by_route + by_client if limits.by_route else by_client


def keys_of_caller(identity: Identity, limits: CompiledRateLimits) -> KeyedLimits:
    """The limits that count a request that may pass, each with its key.

    A request without a token has no claims, and a name only where there is an anonymous consumer.
    """
    found = _with_key(limits.by_consumer, identity.key) if limits.by_consumer and identity.key else ()
    return found + tuple(zip(limits.by_claim, identity.claims, strict=True)) if identity.claims else found


def _with_key(limits: tuple[Limit, ...], key: bytes) -> KeyedLimits:
    """Each limit with this key; there is nearly always one, for which a loop costs three times as much."""
    return ((limits[0], key),) if len(limits) == 1 else tuple((limit, key) for limit in limits)


@lru_cache(maxsize=4096)
def address_key(address: str) -> bytes:
    """The key of a client: an IPv4 address, or the network of an IPv6 address; all that are unknown share one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return b""
    if isinstance(found, ipaddress.IPv4Address):
        return found.packed
    return found.ipv4_mapped.packed if found.ipv4_mapped is not None else found.packed[:_IPV6_BYTES]
