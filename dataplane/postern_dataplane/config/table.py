"""The table: a snapshot made ready to decide about requests.

Built whole and off the event loop, then swapped in; from then on only its
caches change.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from postern_core.snapshot import Credential, Route, Snapshot
from postern_dataplane.policy.auth import Verified
from postern_dataplane.policy.cache import TokenCache

from .hosts import Hosts
from .rows import CredentialRow, PolicyRow, RouteRow, Upstream

__all__ = ["Table", "Upstream", "build_table"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Table:
    """All that a request is decided by."""

    __slots__ = ("credentials", "digest", "gateway", "hosts", "routes", "token_cache", "trusts", "upstreams")

    def __init__(self, snapshot: Snapshot, digest: str, trusted_proxies: tuple[Network, ...]) -> None:
        self.digest = digest
        self.gateway = snapshot.gateway
        self.upstreams = _upstreams(snapshot)
        self.credentials = _credentials(snapshot)
        rows = _rows(snapshot, self.upstreams)
        self.routes = len(rows)
        self.hosts = Hosts(rows)
        self.token_cache: TokenCache[Verified] = TokenCache()

        @lru_cache(maxsize=4096)
        def trusts(peer: str) -> bool:
            return bool(trusted_proxies) and _is_among(peer, trusted_proxies)

        self.trusts = trusts


def build_table(snapshot: Snapshot, digest: str, *, trusted_proxies: Iterable[str] = ()) -> Table:
    """Build the table of a snapshot; raises for one that contradicts itself, and ValueError for a bad CIDR."""
    return Table(snapshot, digest, tuple(ipaddress.ip_network(cidr, strict=False) for cidr in trusted_proxies))


def _is_among(peer: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def _upstreams(snapshot: Snapshot) -> dict[str, Upstream]:
    endpoints = {entry.id: entry.endpoints for entry in snapshot.endpoints}
    return {entry.id: Upstream(entry, endpoints.get(entry.id, ())) for entry in snapshot.backends}


def _credentials(snapshot: Snapshot) -> dict[str, tuple[CredentialRow, ...]]:
    """The credentials by their key, the oldest first; those without their consumer count for nobody."""
    consumers = {entry.id: entry for entry in snapshot.consumers}
    found: dict[str, tuple[CredentialRow, ...]] = {}
    for entry in snapshot.credentials:
        consumer = consumers.get(entry.consumer)
        if consumer is not None:
            found[entry.key] = (*found.get(entry.key, ()), CredentialRow(entry, consumer))
    for key, rows in found.items():
        if len(rows) > 1:
            found[key] = tuple(sorted(rows, key=lambda row: _age(row.entry)))
    return found


def _age(entry: Credential) -> tuple[str, str, str]:
    return (entry.created or "~", entry.namespace, entry.name)


def _rows(snapshot: Snapshot, upstreams: dict[str, Upstream]) -> list[RouteRow]:
    consumers = {entry.id: entry for entry in snapshot.consumers}
    policies = {entry.id: PolicyRow(entry, consumers) for entry in snapshot.policies}
    return [RouteRow(entry, _policy_of(entry, policies), upstreams.get(entry.backend)) for entry in snapshot.routes]


def _policy_of(entry: Route, policies: dict[str, PolicyRow]) -> PolicyRow | None:
    """The policy that a route names; one that is named and not there fails the whole table, never opens the route."""
    return None if entry.policy is None else policies[entry.policy]
