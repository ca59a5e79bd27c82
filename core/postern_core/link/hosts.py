"""Which namespace a host belongs to: the one whose oldest Service claimed it first."""

from __future__ import annotations

from dataclasses import dataclass, field

from postern_core.problems import Problem, Reason
from postern_core.ref import Ref

EVERY_HOST = "*"


@dataclass(frozen=True, slots=True)
class Claim:
    """The hosts that one Service asks for; none are every host."""

    service: Ref
    hosts: tuple[str, ...]


@dataclass(slots=True)
class Ownership:
    """The hosts that each Service got, and what was refused to whom."""

    hosts: dict[Ref, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def settle_hosts(claims: list[Claim]) -> Ownership:
    """Give each host to the first namespace that claims it; `claims` come oldest first.

    Whoever owns `*.example.com` owns what is below it, but not what somebody else
    has claimed there before. Every host (`*`) is one more host: owning it owns no other.
    """
    settled = Ownership()
    owners: dict[str, Ref] = {}
    for claim in claims:
        granted = []
        for index, host in enumerate(claim.hosts or (EVERY_HOST,)):
            owner = _owner(host, owners)
            if owner is not None and owner.namespace != claim.service.namespace:
                at = f"spec.hosts[{index}]" if claim.hosts else "spec.hosts"
                settled.problems.append(_conflict(claim.service, at, host, owner))
                continue
            owners.setdefault(host, claim.service)
            granted.append(host)
        settled.hosts[claim.service] = tuple(granted)
    return settled


def _owner(host: str, owners: dict[str, Ref]) -> Ref | None:
    """Who has the host, or a wildcard above it; the nearest counts."""
    if host in owners:
        return owners[host]
    labels = host.removeprefix("*.").split(".")
    # `*.b` stands above `*.a.b`, `a.b` and `x.a.b`, but not above `*.b` itself.
    for start in range(0 if host.startswith("*.") else 1, len(labels)):
        above = "*." + ".".join(labels[start:])
        if above in owners:
            return owners[above]
    return None


def _conflict(service: Ref, at: str, host: str, owner: Ref) -> Problem:
    named = "every host (no hosts given)" if host == EVERY_HOST else host
    message = f"{named} belongs to namespace {owner.namespace} ({owner} is older); choose another host"
    return Problem(service, Reason.HOST_CONFLICT, at, message, (owner,))
