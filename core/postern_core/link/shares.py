"""What one namespace may put into a gateway: beyond its share, its own youngest objects are refused, and no others.

Rules of this file:
1. TokenIssuers count first, then JWTPolicies, Services, Routes, Consumers and JWTCredentials; of each kind
   the oldest first. What no longer fits is refused alone, smaller and younger
   ones may still fit.
2. A route that is refused keeps its place and answers 503. Where a namespace has
   so many of them that their places come to a share of their own, all of its
   hosts answer 503: nothing ever falls through to a wider route.
3. A Service that is refused answers 503, and so does what a refused JWTPolicy protects; a Consumer or JWTCredential
   is left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple, TypeVar

from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.snapshot import Consumer, Credential, PathMatch, Route

from .attached_policies import AttachedPolicies
from .credentials import Identities
from .policies import LinkedPolicy
from .resource_index import ResourceIndex, age
from .routes import Routes, place_of
from .services import LinkedService, Services
from .sizes import size_of

E = TypeVar("E")
Age = tuple[str, ...]
# Measured: a host takes 640 bytes of a worker, so that those of the default share take as much as its snapshot.
HOSTS_PER_ROUTE = 5


class Share(NamedTuple):
    """What one namespace may put into one gateway; `size_bytes` are of all its entries in the snapshot.

    By default twice as many routes and credentials as Postern is measured with
    in one namespace, and four times their bytes: enough for any real use, while
    a dozen namespaces can't exhaust a data plane's memory.
    """

    routes: int = 20_000
    credentials: int = 100_000
    size_bytes: int = 64 * 2**20

    @property
    def hosts(self) -> int:
        """How many hosts the namespace may hold: each takes more memory of a worker than its name has bytes."""
        return HOSTS_PER_ROUTE * self.routes

    def __str__(self) -> str:
        return f"routes={self.routes},credentials={self.credentials},bytes={self.size_bytes}"


def parse_share(text: str) -> Share:
    """A share as `str` shows it; parts that are not given have their defaults.  Raises ValueError for all else."""
    names = {"routes": "routes", "credentials": "credentials", "bytes": "size_bytes"}
    given: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        if name not in names or not re.fullmatch("[1-9][0-9]{0,11}", number) or names[name] in given:
            raise ValueError(f"{part!r} is not one of routes=N, credentials=N and bytes=N, each once and N above 0")
        given[names[name]] = int(number)
    return Share(**given)


DEFAULT_SHARE = Share()


@dataclass(slots=True)
class Budget:
    """What the namespaces have put into a gateway so far, in bytes."""

    share: Share
    spent: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def beyond(
        self,
        entries: Sequence[E],
        sizes: Sequence[int],
        namespace_of: Callable[[E], str],
        age_of: Callable[[E], Age],
        count_max: int | None = None,
    ) -> list[E]:
        """Count these entries of one kind; returns those for which their namespace's share has no room."""
        own: dict[str, list[tuple[E, int]]] = defaultdict(list)
        for entry, size_bytes in zip(entries, sizes, strict=True):
            own[namespace_of(entry)].append((entry, size_bytes))
        lost: list[E] = []
        for namespace, found in own.items():
            total = self.spent[namespace] + sum([size_bytes for _, size_bytes in found])
            if total <= self.share.size_bytes and (count_max is None or len(found) <= count_max):
                self.spent[namespace] = total
            else:
                lost += self._youngest(namespace, found, age_of, count_max)
        return lost

    def _youngest(
        self, namespace: str, found: list[tuple[E, int]], age_of: Callable[[E], Age], count_max: int | None
    ) -> list[E]:
        lost, count = [], 0
        for entry, size_bytes in sorted(found, key=lambda one: age_of(one[0])):
            total = self.spent[namespace] + size_bytes
            if total > self.share.size_bytes or (count_max is not None and count >= count_max):
                lost.append(entry)
            else:
                self.spent[namespace], count = total, count + 1
        return lost


def bound_policies(policies: AttachedPolicies, resources: ResourceIndex, budget: Budget) -> None:
    """Refuse the JWTPolicies for which there is no room; to be called before they protect anything."""
    found = [(ref, linked.size_bytes) for ref, linked in policies.linked.items() if linked.entry is not None]
    refs, sizes = [ref for ref, _ in found], [size_bytes for _, size_bytes in found]
    for ref in budget.beyond(refs, sizes, lambda it: it.namespace, lambda it: age(resources.objects[it])):
        policies.linked[ref] = LinkedPolicy(refusal=f"{ref} is beyond the share of its namespace")
        policies.problems.append(beyond_share(ref, budget.share, "what it protects gets 503"))


def bound_services(services: Services, resources: ResourceIndex, budget: Budget) -> None:
    """Refuse the Services for which there is no room; to be called before their routes are linked."""

    def age_of(service: LinkedService) -> Age:
        return age(resources.objects[service.ref])

    found = list(services.linked.values())
    for service in budget.beyond(found, [_size_of(one) for one in found], lambda it: it.ref.namespace, age_of):
        refusal = f"{service.ref} is beyond the share of its namespace"
        # Its policy is not needed any more, and only refuses from now on.
        policy = LinkedPolicy(refusal=refusal) if service.policy else None
        place = service.place._replace(responses=None)
        certificates = service.certificates
        services.linked[service.ref] = LinkedService(place, policy=policy, refusal=refusal, certificates=certificates)
        services.problems.append(beyond_share(service.ref, budget.share, "its requests get 503"))


def _size_of(service: LinkedService) -> int:
    backends = sum(backend.size_bytes for backend in service.backends)
    policy = service.policy.size_bytes if service.policy else 0
    responses = service.responses.size_bytes if service.responses else 0
    # Its hosts count even while no route has them, for a refusal of all of them has.
    return backends + policy + responses + service.certificates.size_bytes + sum(map(len, service.hosts))


def bound_routes(routes: Routes, resources: ResourceIndex, budget: Budget) -> None:
    """Refuse the routes for which there is no room, and all of a namespace's where not even their places have any."""
    share = budget.share

    def age_of(route: Route) -> Age:
        return age(resources.objects[ref_of(route)])

    lost = budget.beyond(routes.entries, routes.sizes, _namespace_of, age_of, share.routes)
    if not lost and not routes.unplaced:
        return
    places = [place_of(route, f"{ref_of(route)} is beyond the share of its namespace") for route in lost]
    unplaced = Budget(share).beyond(places, [size_of(it) for it in places], _namespace_of, age_of, share.routes)
    closed = routes.unplaced | {route.namespace for route in unplaced}
    _replace(routes, {place.id: place for place in places}, closed)
    routes.problems += [
        beyond_share(ref_of(place), share, "its requests get 503") for place in places if place.namespace not in closed
    ]


def _replace(routes: Routes, places: Mapping[str, Route], closed: Collection[str]) -> None:
    """Put places for the routes that are refused, and refusals of hosts for all of a namespace that is closed."""
    kept: list[Route] = []
    shut: list[Route] = []
    for route in routes.entries:
        if route.namespace in closed:
            shut.append(route)
            routes.problems.append(_closed(ref_of(route)))
        else:
            kept.append(places.get(route.id, route))
        if route.namespace in closed or route.id in places:
            routes.policies.pop(route.id, None)
            routes.responses.pop(route.id, None)
            routes.backends.pop(route.id, None)
    for route in shut:
        routes.policies.pop(route.policy or "", None)
    routes.entries = kept + refusals_of_hosts(shut, "its namespace is far beyond its share")


def refusals_of_hosts(routes: Collection[Route], refusal: str) -> list[Route]:
    """One route for the hosts of each Service, and for each host of an Ingress, that refuses all requests for them."""
    first: dict[tuple[str, tuple[str, ...]], Route] = {}
    for route in sorted(routes, key=lambda it: it.id):
        first.setdefault((route.service, route.hosts), route)
    return [
        Route(
            id=route.id,
            namespace=route.namespace,
            name=route.name,
            created=route.created,
            hosts=route.hosts,
            paths=(PathMatch(type="Prefix", value="/"),),
            backend=route.backend,
            service=route.service,
            refusal=refusal,
            is_one_label=route.is_one_label,
        )
        for route in first.values()
    ]


def bound_identities(
    identities: Identities,
    admitted: frozenset[str] | None,
    named: Collection[str | None],
    resources: ResourceIndex,
    budget: Budget,
) -> list[Problem]:
    """Leave out who is of no namespace that a policy admits (None: all are), and for whom there is no room.

    `named` are the ids of Consumers that an issuer names.
    """
    if admitted is not None:
        _keep_only(identities, admitted, named)
    share = budget.share
    all_bytes = sum(identities.consumer_sizes) + sum(identities.credential_sizes)
    most = max(budget.spent.values(), default=0) + all_bytes
    if most <= share.size_bytes and len(identities.credentials) <= share.credentials:
        # Tens of thousands may be known, and are not looked at one by one while all of them fit into one share.
        return []

    def age_of(entry: Consumer | Credential) -> Age:
        return age(resources.objects[ref_of(entry)])

    consumers, credentials = identities.consumers, identities.credentials
    lost = budget.beyond(consumers, identities.consumer_sizes, _namespace_of, age_of)
    nameless = {consumer.id for consumer in lost}
    late = budget.beyond(credentials, identities.credential_sizes, _namespace_of, age_of, share.credentials)
    gone = nameless | {credential.id for credential in late}
    identities.consumers = [it for it in consumers if it.id not in gone]
    identities.credentials = [it for it in credentials if it.id not in gone and it.consumer not in gone]
    beyond = [ref_of(it) for it in lost] + [ref_of(it) for it in late]
    problems = [beyond_share(ref, share, "none of its tokens passes") for ref in beyond]
    return problems + [_without_consumer(it) for it in credentials if it.consumer in nameless]


def _keep_only(identities: Identities, admitted: frozenset[str], named: Collection[str | None]) -> None:
    consumers = [it.namespace in admitted or it.id in named for it in identities.consumers]
    credentials = [credential.namespace in admitted for credential in identities.credentials]
    identities.consumers = list(compress(identities.consumers, consumers))
    identities.consumer_sizes = list(compress(identities.consumer_sizes, consumers))
    identities.credentials = list(compress(identities.credentials, credentials))
    identities.credential_sizes = list(compress(identities.credential_sizes, credentials))


def ref_of(entry: Route | Consumer | Credential) -> Ref:
    """The object that an entry comes from."""
    return Ref.of(entry.id)


def _namespace_of(entry: Route | Consumer | Credential) -> str:
    return entry.namespace


def beyond_share(ref: Ref, share: Share, effect: str) -> Problem:
    """The refusal of an object beyond the share; it has no count of objects, which would change with every edit."""
    message = (
        f"namespace {ref.namespace} exceeds its share of the gateway ({share}), and this is among its youngest objects "
        f"that don't fit, so {effect}; delete unused objects, or have the share raised (--namespace-share)"
    )
    return Problem(ref, Reason.SHARE_EXCEEDED, "", message)


def _closed(ref: Ref) -> Problem:
    message = (
        f"namespace {ref.namespace} has so many Routes beyond its share of the gateway that not even their refusals "
        "fit, so all requests for its hosts get 503; delete unused objects"
    )
    return Problem(ref, Reason.SHARE_EXCEEDED, "", message)


def _without_consumer(credential: Credential) -> Problem:
    consumer = Ref.of(credential.consumer)
    message = f"{consumer} is not accepted itself; fix it first"
    return Problem(ref_of(credential), Reason.CONSUMER_NOT_FOUND, "spec.consumerRef", message, (consumer,))
