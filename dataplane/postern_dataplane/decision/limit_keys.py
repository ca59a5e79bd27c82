"""What a request is counted by: its client's address and its route, and when it is known who calls, that and claims.

What follows from the counts belongs in `rate_limiting`.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from postern_dataplane.rate_limits.limit import KeyedLimits, Limit
from postern_dataplane.rate_limits.token_buckets import bounded
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
    key = address_key(client_address(head, table.is_trusted_proxy))
    return (*limits.by_route, *[(limit, key) for limit in limits.by_client])


def keys_of_caller(identity: Identity | None, limits: CompiledRateLimits) -> KeyedLimits:
    """The limits that count a request that may pass, each with its key.

    A request without a token has no claims, and a name only where there is an anonymous consumer.
    """
    if identity is None:
        return ()
    found: list[tuple[Limit, bytes]] = []
    if limits.by_consumer and identity.id:
        key = bounded(identity.id.encode())
        found += [(limit, key) for limit in limits.by_consumer]
    if identity.claims:
        found += zip(limits.by_claim, identity.claims, strict=True)
    return tuple(found)


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
