"""Compile all resources into one snapshot: a whole rebuild, every time.

Reads as the table of contents of a compilation.  The same set of resources, in
any order, with the same grants makes the same snapshot, problems and grants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any

from .check import check
from .grants import Grants
from .kinds import KINDS
from .link.attached_policies import AttachedPolicies, link_attached_policies
from .link.credentials import Identities, link_identities
from .link.ingresses import Ingresses, find_ingresses, link_ingresses
from .link.issuers import issuers_named_by, link_issuers
from .link.metadata_routes import add_metadata
from .link.resource_index import ResourceIndex, index_resources
from .link.responses import usual_beside
from .link.retained import NOTHING, Retained
from .link.routes import Routes, link_routes
from .link.services import Services, link_services
from .link.shares import DEFAULT_SHARE, Budget, Share, bound_identities, bound_policies, bound_routes, bound_services
from .link.unserved import refuse_unserved
from .lint import lint
from .lints.linked import Linked
from .memo import Memo
from .parse import Parsed
from .problems import Problem, in_order
from .ref import Ref
from .snapshot import Snapshot
from .snapshot_entry import Entry
from .snapshot_issuers import TokenIssuer
from .validators import Validators


@dataclass(frozen=True, slots=True)
class Compiled:
    """The result of a compilation: the snapshot for one gateway, all problems, and the grants for the next one.

    `facts` are the fields of an object's status that only linking finds out, where there are any.
    """

    snapshot: Snapshot
    problems: tuple[Problem, ...]
    grants: Grants
    facts: Mapping[Ref, Mapping[str, Any]] = field(default_factory=dict)


def compile_snapshot(
    resources: Iterable[Parsed],
    *,
    inspectors: Validators,
    gateway: str = "default",
    gateways: Collection[str] = (),
    memo: Memo | None = None,
    share: Share = DEFAULT_SHARE,
    grants: Grants = Grants(),  # noqa: B008 # frozen
    now_s: float = 0.0,
    retained: Retained = NOTHING,
    require_policy: bool = False,
) -> Compiled:
    """Compile everything afresh for one of the gateways (empty: not known); never raises for what a user wrote.

    `share` is what each namespace may put into it, and `grants` are those of the compilation before, none for a first.
    `memo` remembers what concerns one object alone between compilations.
    `now_s`, seconds since the epoch, is for warnings alone: no snapshot depends on it.
    `retained` is carried over; no object of ours in its namespaces may be among the resources.
    `require_policy` refuses what no policy protects, and what no policy makes public in so many words.
    """
    index, problems = _checked(resources, inspectors, memo or Memo())
    identities, budget = link_identities(index, grants.keys, retained), Budget(share)
    issuers = link_issuers(index, budget)
    attached = _attached_policies(index, gateway if require_policy else "", budget)
    ingresses = find_ingresses(index, gateway, attached, gateways)
    bounds = {"share_bytes": share.size_bytes, "hosts_max": share.hosts}
    services = link_services(index, gateway, grants.hosts, retained, ingresses.claims, **bounds)
    routes = _link_routes(index, services, ingresses, attached, budget)
    _carry_over(routes, retained.snapshot)
    named = issuers_named_by(routes.policies, index, retained.snapshot.issuers)
    problems += bound_identities(identities, _admitted_namespaces(routes), _callers(named), index, budget)
    refuse_unserved(services, routes, retained.snapshot.certificates)
    index.memo.finish()
    problems += [*identities.problems, *issuers.problems, *services.problems, *ingresses.problems, *routes.problems]
    problems += [*attached.problems, *lint(Linked(index, identities, services, routes, ingresses, now_s))]
    add_metadata(services, routes)
    snapshot = _snapshot(gateway, identities, (services, ingresses, routes, named), retained.snapshot)
    granted = _granted(services, identities, grants)
    return Compiled(snapshot, in_order(problems), granted, identities.facts | issuers.facts)


def _attached_policies(index: ResourceIndex, required_by: str, budget: Budget) -> AttachedPolicies:
    attached = link_attached_policies(index, required_by)
    bound_policies(attached, index, budget)
    return attached


def _link_routes(
    index: ResourceIndex, services: Services, ingresses: Ingresses, attached: AttachedPolicies, budget: Budget
) -> Routes:
    """Resolve Routes and Ingresses, as far as the shares of their namespaces have room for them and for Services."""
    bound_services(services, index, budget)
    routes = link_routes(index, services, attached.required_by)
    link_ingresses(ingresses, services, index, routes)
    bound_routes(routes, index, budget)
    return routes


def _carry_over(routes: Routes, retained: Snapshot) -> None:
    routes.entries += retained.routes
    routes.policies |= {policy.id: policy for policy in retained.policies}


def _granted(services: Services, identities: Identities, before: Grants) -> Grants:
    """The grants of now: the same value as long as nothing changes, so that it isn't encoded again."""
    granted = Grants(services.grants, identities.grants)
    return before if granted == before else granted


def compile_identities(
    resources: Iterable[Parsed],
    *,
    inspectors: Validators,
    grants: Grants = Grants(),  # noqa: B008 # frozen
) -> Identities:
    """All consumers and their credentials, whether a policy of some gateway admits them or not.

    For `postern token`; `compile_snapshot` has those that a gateway's policies admit.
    """
    index, problems = _checked(resources, inspectors, Memo())
    identities = link_identities(index, grants.keys)
    identities.problems = list(in_order(problems + identities.problems))
    return identities


def _checked(resources: Iterable[Parsed], inspectors: Validators, memo: Memo) -> tuple[ResourceIndex, list[Problem]]:
    """Index all objects, check each by itself, and note which of ours are valid."""
    index = index_resources(resources, inspectors, memo)
    problems: list[Problem] = []
    for ref, parsed in index.objects.items():
        if ref.kind not in KINDS:
            # Whether an Ingress is ours is found out later.
            problems += parsed.problems if ref.kind != "Ingress" else ()
            continue
        found = index.memo.get_or_compute(check, ref, parsed, index.inspectors)
        problems += found
        if not all(problem.is_warning for problem in found):
            index.faults[ref] = frozenset(problem.field for problem in found)
        else:
            index.valid[ref] = parsed
    return index, problems


def _callers(issuers: Iterable[TokenIssuer]) -> frozenset[str | None]:
    return frozenset(issuer.consumer for issuer in issuers)


def _snapshot(
    gateway: str,
    identities: Identities,
    linked: tuple[Services, Ingresses, Routes, list[TokenIssuer]],
    retained: Snapshot,
) -> Snapshot:
    """Put the entries together; the retained routes and policies are among the others already."""
    services, ingresses, routes, issuers = linked
    own = [service.responses.entry for service in services.linked.values() if service.responses]
    others = (service.place for service in services.linked.values() if not service.responses)
    linked_backends = [*(service.backends for service in services.linked.values()), *routes.backends.values()]
    backends = [(it.backend, it.endpoints) for it in chain.from_iterable(linked_backends)]
    backends += ingresses.backends.values()
    return Snapshot(
        gateway=gateway,
        routes=_by_id(routes.entries),
        backends=_by_id([*(backend for backend, _ in backends), *retained.backends]),
        endpoints=_by_id([*(endpoints for _, endpoints in backends), *retained.endpoints]),
        policies=_by_id(routes.policies.values()),
        consumers=_by_id([*identities.consumers, *retained.consumers]),
        credentials=_by_id([*identities.credentials, *retained.credentials]),
        responses=_by_id([*routes.responses.values(), *own, *usual_beside(others, own), *retained.responses]),
        issuers=_by_id(issuers),
        certificates=_by_id([*services.certificates.entries, *retained.certificates]),
    )


def _admitted_namespaces(routes: Routes) -> frozenset[str] | None:
    """The namespaces whose credentials some policy of this gateway takes; None is all of them."""
    found: set[str] = set()
    for policy in routes.policies.values():
        if policy.namespaces is None:
            return None
        found.update(policy.namespaces)
    return frozenset(found)


def _by_id(entries: Iterable[Entry]) -> tuple:  # type: ignore[type-arg] # of the type of `entries`
    return tuple(sorted(entries, key=attrgetter("id")))
