"""The table: a snapshot made ready to decide about requests.

Each is made of the one before it and of what has changed, the first of an empty
one; what is the same in both is the same object.  That happens off the event
loop; then the table is swapped in, and from then on only its caches change.

What is made anew, beside what has changed itself:

- an upstream with its backend or its endpoints;
- a policy's row with its anonymous consumer;
- a credential's row with its consumer;
- a route's row with its policy's row or its upstream.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache

from postern_core.codec import SECTIONS
from postern_core.snapshot import Route, Snapshot
from postern_dataplane.decision.authenticate import Verified
from postern_dataplane.decision.verification_cache import TokenCache

from .compiled import CredentialRow, PolicyRow, RouteRow, Upstream, anonymous_id
from .copy_on_write import regrouped
from .diff import NO_ENTRIES, Section, Sections, change, derived, in_order
from .virtual_hosts import Hosts

__all__ = ["Table", "Upstream", "build_table"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Table:
    """All that a request is decided by; one that is just made holds nothing."""

    __slots__ = (
        "credentials",
        "digest",
        "entries",
        "gateway",
        "hosts",
        "policies",
        "token_cache",
        "trusts",
        "upstreams",
    )

    def __init__(self, trusts: Callable[[str], bool]) -> None:
        self.trusts = trusts
        self.digest = ""
        self.gateway = ""
        self.entries = NO_ENTRIES
        self.upstreams: dict[str, Upstream] = {}
        self.policies: dict[str, PolicyRow] = {}
        self.credentials: dict[str, tuple[CredentialRow, ...]] = {}
        self.hosts = Hosts()
        self.token_cache: TokenCache[Verified] = TokenCache()

    @property
    def routes(self) -> int:
        """How many there are."""
        return len(self.entries["routes"])

    def changed(self, sections: Sections, *, gateway: str, digest: str) -> Table:
        """The table of what these sections are now; raises KeyError where a route's policy is not there."""
        new = Table(self.trusts)
        new.digest, new.gateway, new.entries = digest, gateway, sections.entries
        upstreams = _upstreams(self.upstreams, sections)
        policies = _policies(self.policies, sections)
        new.upstreams, new.policies = upstreams.now, policies.now
        new.credentials = _credentials(self.credentials, sections)
        new.hosts = _hosts(self.hosts, sections.routes, policies, upstreams)
        return new


def empty_table(trusted_proxies: Iterable[str] = ()) -> Table:
    """What the first table is made of; raises ValueError for a bad CIDR."""
    networks = tuple(ipaddress.ip_network(cidr, strict=False) for cidr in trusted_proxies)

    @lru_cache(maxsize=4096)
    def trusts(peer: str) -> bool:
        return bool(networks) and _is_among(peer, networks)

    return Table(trusts)


def build_table(snapshot: Snapshot, digest: str, *, trusted_proxies: Iterable[str] = ()) -> Table:
    """The table of a whole snapshot; raises for one that contradicts itself, and ValueError for a bad CIDR."""
    sections = change(NO_ENTRIES, {}, {name: getattr(snapshot, name) for name in SECTIONS})
    return empty_table(trusted_proxies).changed(sections, gateway=snapshot.gateway, digest=digest)


def _is_among(peer: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def _upstreams(before: dict[str, Upstream], sections: Sections) -> Section[Upstream]:
    backends, endpoints = sections.backends, sections.endpoints

    def make(id_: str) -> Upstream | None:
        backend, addresses = backends.now.get(id_), endpoints.now.get(id_)
        return Upstream(backend, addresses.endpoints if addresses else ()) if backend else None

    return derived(before, in_order(backends.changed, endpoints.changed), make)


def _policies(before: dict[str, PolicyRow], sections: Sections) -> Section[PolicyRow]:
    policies, consumers = sections.policies, sections.consumers

    def make(id_: str) -> PolicyRow | None:
        entry = policies.now.get(id_)
        return PolicyRow(entry, consumers.now) if entry else None

    changed = policies.changed
    if consumers.changed:
        changed = in_order(changed, (it.id for it in policies.now.values() if anonymous_id(it) in consumers.changed))
    return derived(before, changed, make)


def _credentials(
    before: dict[str, tuple[CredentialRow, ...]], sections: Sections
) -> dict[str, tuple[CredentialRow, ...]]:
    """The credentials by their key, in the order in which they are tried; those without their consumer are left out."""
    credentials, consumers = sections.credentials, sections.consumers
    changed = credentials.changed
    if consumers.changed:
        changed = in_order(changed, (it.id for it in credentials.now.values() if it.consumer in consumers.changed))
    gone = [it for id_ in changed if (it := credentials.before.get(id_))]
    come = [it for id_ in changed if (it := credentials.now.get(id_)) and it.consumer in consumers.now]
    return regrouped(
        before,
        ((entry.key, entry.id) for entry in gone),
        ((entry.key, CredentialRow(entry, consumers.now[entry.consumer])) for entry in come),
        _order,
    )


def _order(row: CredentialRow) -> tuple[int, str, str, str, str]:
    """Sorts the credential that was seen first with the key to the front, then the oldest."""
    entry = row.entry
    return (entry.since, entry.created or "~", entry.namespace, entry.name, entry.id)


def _hosts(before: Hosts, routes: Section[Route], policies: Section[PolicyRow], upstreams: Section[Upstream]) -> Hosts:
    changed = routes.changed
    if policies.changed or upstreams.changed:
        concerned = (
            it.id for it in routes.now.values() if it.policy in policies.changed or it.backend in upstreams.changed
        )
        changed = in_order(changed, concerned)
    gone = [it for id_ in changed if (it := routes.before.get(id_))]
    come = [it for id_ in changed if (it := routes.now.get(id_))]
    return before.changed(
        gone, [RouteRow(it, _policy_of(it, policies.now), upstreams.now.get(it.backend)) for it in come]
    )


def _policy_of(entry: Route, policies: dict[str, PolicyRow]) -> PolicyRow | None:
    """The policy that a route names; one that is named and not there fails the whole table, never opens the route."""
    return None if entry.policy is None else policies[entry.policy]
