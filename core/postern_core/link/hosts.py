"""Which namespace a host belongs to: the one that was granted it first and still claims it.

Rules of this file:
1. A namespace keeps a host as long as one of its Services names it, whatever
   other namespaces edit.
2. A Service or Ingress that isn't accepted gives up nothing: what can't be read may well
   still name the host.  Nor does an Ingress whose class is not there.
3. A host without a grant goes to the namespace of the oldest Service that names
   it, unless it lies below another namespace's wildcard.  How old a Service is
   matters among hosts that were first named at the same time, and nowhere else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from postern_core.grants import HostGrant, host_grant
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref

from .retained import NOTHING, Retained

EVERY_HOST = "*"
# How many hosts a Service may name; one that isn't accepted holds no more than that either.
HOSTS_MAX = 64
# An Ingress may name as many as the API server takes of one object; with names of usual length, these.
INGRESS_HOSTS_MAX = 16_384


@dataclass(frozen=True, slots=True)
class Claim:
    """The hosts that one Service or Ingress asks for; none are every host, None is nothing at all.

    `is_certain` is False for one that isn't accepted.  `fields` are where each host stands, if not in `spec.hosts`.
    """

    service: Ref
    hosts: tuple[str, ...] | None
    is_certain: bool = True
    fields: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        return () if self.hosts is None else self.hosts or (EVERY_HOST,)

    def field_of(self, index: int) -> str:
        """The field that names a host."""
        if self.fields:
            return self.fields[index]
        return f"spec.hosts[{index}]" if self.hosts else "spec.hosts"


@dataclass(slots=True)
class Assignment:
    """The hosts that each Service got, what was refused to which, and the grants from now on."""

    hosts: dict[Ref, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    grants: dict[str, HostGrant] = field(default_factory=dict)


def assign_hosts(
    claims: list[Claim], held: Mapping[str, HostGrant], retained: Retained = NOTHING, *, hosts_max: float = math.inf
) -> Assignment:
    """Give each host to one namespace; `claims` come oldest first, `held` are the grants so far.

    A namespace keeps what it has, and gets no more than `hosts_max` hosts in all.

    The owner of `*.example.com` owns what is below it, but not what another
    namespace has been granted there before; namespaces that are `retained` keep all that they have.
    Every host (`*`) is one more host: owning it owns no other.
    """
    settled = Assignment(grants=_kept(claims, held) | retained.host_grants(held))
    owners = settled.grants
    counts = Counter(grant.namespace for grant in owners.values())
    refused: list[tuple[Ref, str, str]] = []
    for claim in claims:
        granted, namespace = [], claim.service.namespace
        first_beyond, refused_before = "", len(refused)
        for index, host in enumerate(claim.named):
            owner = _owner(host, owners)
            if owner is not None and owner.namespace != namespace:
                # Of an Ingress with thousands the first ones say enough.
                if len(refused) - refused_before < HOSTS_MAX:
                    refused.append((claim.service, claim.field_of(index), host))
                continue
            if host not in owners:
                if counts[namespace] >= hosts_max:
                    first_beyond = first_beyond or claim.field_of(index)
                    continue
                owners[host] = host_grant(host, claim.service)
                counts[namespace] += 1
            granted.append(host)
        settled.hosts[claim.service] = tuple(granted)
        settled.problems += [_beyond(claim.service, first_beyond, hosts_max)] if first_beyond else []
    # Only now, because the owner of a wildcard may have been granted the host itself after that.
    settled.problems += [_conflict(*one, owner) for one in refused if (owner := _owner(one[2], owners))]
    return settled


def _beyond(service: Ref, at: str, hosts_max: float) -> Problem:
    message = (
        f"namespace {service.namespace} has {hosts_max:,.0f} hosts, its share of the gateway, so that neither this one "
        "nor another new one is served; take hosts that are not used away, or have the share raised"
    )
    return Problem(service, Reason.SHARE_EXCEEDED, at, message)


def _kept(claims: list[Claim], held: Mapping[str, HostGrant]) -> dict[str, HostGrant]:
    """The grants that are still claimed by their namespaces; within one, the oldest other Service may take over."""
    kept: dict[str, HostGrant] = {}
    for claim in claims:
        for host in claim.named:
            grant = held.get(host)
            if grant is None or grant.namespace != claim.service.namespace:
                continue
            if grant.holder == claim.service:
                kept[host] = grant
            else:
                kept.setdefault(host, host_grant(host, claim.service))
    uncertain: dict[Ref, list[str]] = {claim.service: [] for claim in claims if not claim.is_certain}
    for host in sorted(held) if uncertain else ():
        if host not in kept and held[host].holder in uncertain:
            uncertain[held[host].holder].append(host)
    for claim in claims:
        if not claim.is_certain:
            # What it holds and doesn't name, as far as it may name it still.
            most = INGRESS_HOSTS_MAX if claim.service.kind == "Ingress" else HOSTS_MAX
            not_given_up = uncertain[claim.service][: max(most - len(claim.named), 0)]
            kept |= {host: held[host] for host in not_given_up}
    return kept


def _owner(host: str, owners: Mapping[str, HostGrant]) -> HostGrant | None:
    """The grant of the host, or of a wildcard above it; the nearest counts."""
    return owners.get(host) or wildcard_above(host, owners)


def wildcard_above(host: str, owners: Mapping[str, HostGrant]) -> HostGrant | None:
    """The grant of the nearest wildcard above a host."""
    labels = host.removeprefix("*.").split(".")
    # `*.b` stands above `*.a.b`, `a.b` and `x.a.b`, but not above `*.b` itself.
    for start in range(1, len(labels)):
        above = "*." + ".".join(labels[start:])
        if above in owners:
            return owners[above]
    return None


def _conflict(service: Ref, at: str, host: str, owner: HostGrant) -> Problem:
    named = "every host (no hosts given)" if host == EVERY_HOST else host
    holder = owner.holder
    has = "it" if owner.id == host else owner.id
    message = f"{named} belongs to namespace {owner.namespace} already ({holder} has {has}); choose another host"
    return Problem(service, Reason.HOST_CONFLICT, at, message, (holder,))
