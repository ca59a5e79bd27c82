"""Compile all resources into one snapshot: a whole rebuild, every time.

Reads as the table of contents of a compilation.  The same set of resources, in
any order, gives the same snapshot and the same problems.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from .checks import check
from .inspectors import Inspectors
from .link.credentials import Identities, link_identities
from .link.routes import Routes, link_routes
from .link.services import Services, link_services
from .link.shares import DEFAULT_SHARE, Budget, Share, bound_identities, bound_routes, bound_services
from .link.world import World, gather
from .memo import Memo
from .parse import OUR_KINDS, Parsed
from .problems import Problem
from .snapshot import Entry, Snapshot


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a compilation gives: the snapshot for one gateway, and all that is wrong."""

    snapshot: Snapshot
    problems: tuple[Problem, ...]


def compile_snapshot(
    resources: Iterable[Parsed],
    *,
    inspectors: Inspectors,
    gateway: str = "default",
    memo: Memo | None = None,
    share: Share = DEFAULT_SHARE,
) -> Compiled:
    """Compile everything afresh for one gateway; never raises for what a user wrote.

    `share` is what each namespace may put into it.
    `memo` remembers what concerns one object alone between compilations.
    """
    memo = memo or Memo()
    world = gather(resources, inspectors, memo)
    problems = _check_all(world)
    identities = link_identities(world)
    services = link_services(world, gateway)
    budget = Budget(share)
    bound_services(services, world, budget)
    routes = link_routes(world, services)
    bound_routes(routes, world, budget)
    problems += bound_identities(identities, _admitted_namespaces(routes), world, budget)
    memo.finish()
    problems += [*identities.problems, *services.problems, *routes.problems]
    return Compiled(_snapshot(gateway, identities, services, routes), _in_order(problems))


def compile_identities(resources: Iterable[Parsed], *, inspectors: Inspectors) -> Identities:
    """Everybody who may call and how they are known, whether a policy of some gateway admits them or not.

    For who makes tokens; a gateway gets those that its policies admit, by `compile_snapshot`.
    """
    world = gather(resources, inspectors, Memo())
    problems = _check_all(world)
    identities = link_identities(world)
    identities.problems = list(_in_order(problems + identities.problems))
    return identities


def _check_all(world: World) -> list[Problem]:
    """Check each object by itself, and note the sound ones of ours."""
    problems: list[Problem] = []
    for ref, parsed in world.objects.items():
        if ref.kind not in OUR_KINDS:
            problems += parsed.problems
            continue
        found = world.memo.once("check", ref, (parsed,), check, parsed, world.inspectors)
        problems += found
        if parsed.resource is not None and not found:
            world.sound[ref] = parsed
    return problems


def _snapshot(gateway: str, identities: Identities, services: Services, routes: Routes) -> Snapshot:
    """Put the entries together."""
    backends = [service.backend for service in services.linked.values() if service.backend]
    return Snapshot(
        gateway=gateway,
        routes=_by_id(routes.entries),
        backends=_by_id(linked.backend for linked in backends),
        endpoints=_by_id(linked.endpoints for linked in backends),
        policies=_by_id(routes.policies.values()),
        consumers=_by_id(identities.consumers),
        credentials=_by_id(identities.credentials),
    )


def _admitted_namespaces(routes: Routes) -> frozenset[str] | None:
    """The namespaces whose credentials some policy of this gateway takes; None is all of them."""
    found: set[str] = set()
    for policy in routes.policies.values():
        if policy.namespaces is None:
            return None
        found.update(policy.namespaces)
    return frozenset(found)


def _by_id(entries: Iterable[Entry]) -> tuple:  # type: ignore[type-arg] # of whatever came in
    return tuple(sorted(entries, key=attrgetter("id")))


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Sorted and each once, so that the order of the input shows nowhere."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.ref, p.reason.name, p.field, p.message)))
