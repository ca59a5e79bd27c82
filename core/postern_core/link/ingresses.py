"""Ingresses, resolved into the same entries as Routes: one for each path, and one for the default backend.

Rules of this file:
1. A host belongs to a namespace as those of Services do; what an Ingress asks for on another's host is not served.
2. Paths of all Ingresses and Routes of a host stand in one order, so no Ingress knows of another.
3. The default backend of a namespace is that of its oldest Ingress that has one.  It takes what no other entry takes
   on the hosts of that namespace's Ingresses, and on all hosts that nothing names where the namespace owns those.
4. One policy protects all paths of an Ingress, and none of another's.
5. What can't be served answers 503 where it would have been; all else of the Ingress goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.ingress import Ingress
from postern_core.snapshot import Backend, Endpoints, Route

from .attached_policies import AttachedPolicies, Attachment, attached_policy
from .hosts import Claim
from .ingress_annotations import CANARY, is_canary, passed_over, refused_annotations
from .ingress_backends import link_ingress_backend
from .ingress_certificates import ShownCertificate, link_ingress_certificates
from .ingress_classes import class_of, missing_class, missing_gateway, names_missing_class
from .ingress_scope import DEFAULT, DEFAULT_FIELD, EVERY_PATH, IngressPath, IngressScope, recovered_scope, scope_of
from .ingress_settings import NO_SETTINGS, IngressSettings, settings_of, wrong_settings
from .resource_index import ResourceIndex, age
from .routes import Routes
from .services import Services
from .sizes import parts_of, shortened, size_of


class PlacedIngress(NamedTuple):
    """An Ingress of this gateway: what it covers and asks for, and why all of it is refused, "" if it is not."""

    ref: Ref
    parsed: Parsed
    scope: IngressScope
    claim: Claim
    annotations: Mapping[str, str]
    refusal: str = ""
    problems: tuple[Problem, ...] = ()
    settings: IngressSettings = NO_SETTINGS


@dataclass(slots=True)
class Ingresses:
    """The Ingresses of one gateway, oldest first, each with what protects it, and what is wrong with them.

    `waiting` are those whose class is not there: they are not served, and keep the hosts that they have.
    """

    placed: list[tuple[PlacedIngress, Attachment]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    backends: dict[str, tuple[Backend, Endpoints]] = field(default_factory=dict)
    certificates: list[ShownCertificate] = field(default_factory=list)
    waiting: list[Ref] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim]:
        """The hosts that they ask for."""
        return [placed.claim for placed, _ in self.placed] + [Claim(it, None, is_certain=False) for it in self.waiting]


def find_ingresses(
    resources: ResourceIndex, gateway: str, policies: AttachedPolicies, gateways: Collection[str] = ()
) -> Ingresses:
    """Return the Ingresses that a gateway serves, before any host is theirs; `gateways` are all that there are."""
    ingresses = Ingresses()
    classes = resources.ingress_classes
    for parsed in sorted(resources.of_kind("Ingress"), key=age):
        ours = class_of(parsed, classes)
        if ours is None:
            missing = missing_class(parsed, classes)
            ingresses.problems += [missing] if missing else []
            ingresses.waiting += [parsed.ref] if names_missing_class(parsed, classes) else []
        elif ours.gateway == gateway:
            placed = resources.memo.get_or_compute(_placed, parsed.ref, parsed, ours.refusal)
            attached = attached_policy(policies, parsed.ref, placed.annotations)
            ingresses.placed.append((placed, attached))
            ingresses.problems += (*placed.problems, *attached.problems)
        elif missing := missing_gateway(parsed, ours, gateways):
            ingresses.problems.append(missing)
    return ingresses


def _placed(parsed: Parsed, refusal: str) -> PlacedIngress:
    if not is_a(parsed, Ingress):
        scope = recovered_scope(parsed)
        claim = scope.claim(parsed, is_certain=False)
        return PlacedIngress(parsed.ref, parsed, scope, claim, {}, f"{parsed.ref} is not accepted", parsed.problems)
    annotations = parsed.resource.metadata.annotations or {}
    scope = IngressScope({}, ()) if is_canary(annotations) else scope_of(parsed)
    wrong = [Problem(parsed.ref, Reason.INVALID, *one) for one in refused_annotations(annotations)]
    for name, why_not in wrong_settings(annotations):
        wrong.append(Problem(parsed.ref, Reason.INVALID, f"metadata.annotations[{name}]", why_not))
    if refusal:
        message = f"its requests get 503: {refusal}"
        wrong.append(Problem(parsed.ref, Reason.INVALID, "spec.ingressClassName", message))
    why = f"{parsed.ref}: {wrong[0].field}: {wrong[0].message}" if wrong else ""
    problems = [Problem(parsed.ref, Reason.INVALID, *mistake) for mistake in scope.mistakes]
    all_problems = (*problems, *wrong, *_remarks(parsed.ref, annotations))
    # A canary asks for no host, and gives none up that it had before it was one.
    claim = scope.claim(parsed, is_certain=not is_canary(annotations))
    settings = NO_SETTINGS if why else settings_of(annotations)
    return PlacedIngress(parsed.ref, parsed, scope, claim, annotations, why, all_problems, settings)


def _remarks(ref: Ref, annotations: Mapping[str, str]) -> Iterator[Problem]:
    """What is to be said of annotations that refuse nothing."""
    if is_canary(annotations):
        message = "is a canary release, which is not served, and the other Ingress takes all requests; delete this one"
        yield Problem(ref, Reason.INVALID, f"metadata.annotations[{CANARY}]", message)
    ignored = passed_over(annotations)
    if ignored:
        message = f"not read here: {', '.join(ignored)}; remove them, or see what they would have done"
        yield Problem(ref, Reason.WARNING, "metadata.annotations", message)


def link_ingresses(ingresses: Ingresses, services: Services, resources: ResourceIndex, routes: Routes) -> None:
    """Add the entries of all Ingresses, and their certificates, for the hosts that each owns."""
    hosts_of: dict[str, dict[str, None]] = {}
    for placed, attached in ingresses.placed:
        hosts = services.owned.get(placed.ref, ())
        certificates = link_ingress_certificates(placed.parsed, hosts, resources, services.certificates)
        ingresses.certificates += certificates.shown
        ingresses.problems += certificates.problems
        first = len(routes.sizes)
        hosts_of.setdefault(placed.ref.namespace, {}).update(dict.fromkeys(hosts))
        for path in placed.scope.paths:
            if path.host in hosts:
                _add(placed, attached, path, ingresses, (resources, routes))
        if len(routes.sizes) > first:
            routes.sizes[first] += certificates.size_bytes
    _link_defaults(ingresses, hosts_of, resources, routes)


def _link_defaults(
    ingresses: Ingresses, hosts_of: Mapping[str, Mapping[str, None]], resources: ResourceIndex, routes: Routes
) -> None:
    """Add the default backend of each namespace, for all hosts of its Ingresses."""
    taken: dict[str, Ref] = {}
    for placed, attached in ingresses.placed:
        if not placed.scope.has_default:
            continue
        other = taken.setdefault(placed.ref.namespace, placed.ref)
        hosts = sorted(hosts_of[placed.ref.namespace])
        if other != placed.ref:
            message = f"takes no request: {other} is older, and has the default backend of this namespace"
            ingresses.problems.append(Problem(placed.ref, Reason.WARNING, DEFAULT_FIELD, message, (other,)))
            continue
        for end, part in parts_of(hosts):
            path = IngressPath(DEFAULT + end, DEFAULT_FIELD, "", EVERY_PATH, placed.scope.default, hosts=part)
            _add(placed, attached, path, ingresses, (resources, routes))


def _add(
    placed: PlacedIngress,
    attached: Attachment,
    path: IngressPath,
    ingresses: Ingresses,
    beside: tuple[ResourceIndex, Routes],
) -> None:
    """Add the entry of one path, and its backend where that has not been added yet."""
    resources, routes = beside
    found = link_ingress_backend(placed.ref.namespace, path.backend, resources) if path.backend else None
    if found is not None and found.reason is not None:
        at = path.field if path.field == DEFAULT_FIELD else f"{path.field}.backend"
        causes = (found.cause,) if found.cause else ()
        ingresses.problems.append(Problem(placed.ref, found.reason, at, found.message, causes))
    unserved = found.refusal if found else f"{placed.ref} is not accepted"
    refusal = placed.refusal or attached.refusal or path.refusal or unserved
    policy = attached.policy if not refusal else None
    guard = Guard(policy.id if policy else None, attached.clean_headers, shortened(refusal), placed.settings)
    entry, size_bytes = resources.memo.get_or_compute(
        _entry, (placed.ref, path.name), placed.parsed, path, found.id if found else "", guard
    )
    if policy is not None:
        routes.policies[policy.id] = policy
    if found is not None and found.entries is not None and found.id not in ingresses.backends and not refusal:
        ingresses.backends[found.id] = found.entries
        size_bytes += found.size_bytes
    routes.entries.append(entry)
    routes.sizes.append(size_bytes)


class Guard(NamedTuple):
    """What stands before a backend: a policy by id, headers that only the gateway may set, or a refusal; and how."""

    policy: str | None
    clean_headers: tuple[str, ...]
    refusal: str
    settings: IngressSettings = NO_SETTINGS


def _entry(parsed: Parsed, path: IngressPath, backend: str, guard: Guard) -> tuple[Route, int]:
    ref, hosts = parsed.ref, path.hosts or (path.host,)
    settings = NO_SETTINGS if guard.refusal else guard.settings
    stripped, filters = settings.rewritten(path.matches[0])
    entry = Route(
        id=f"{ref.id}/{path.name}",
        namespace=ref.namespace,
        name=f"{ref.name}/{path.name}",
        created=age(parsed)[0].removeprefix("~"),
        hosts=hosts,
        paths=path.matches,
        backend=backend,
        service=ref.id,
        policy=guard.policy,
        clean_headers=() if guard.refusal else guard.clean_headers,
        refusal=guard.refusal,
        strip_prefix=stripped,
        filters=filters,
        timeouts=settings.timeouts,
        is_one_label=any(host.startswith("*.") for host in hosts),
        is_default=path.field == DEFAULT_FIELD,
    )
    return entry, size_of(entry)
