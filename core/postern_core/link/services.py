"""Services, resolved: their hosts, their backend, and what protects their routes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from postern_core.grants import HostGrant
from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_core.resources.jwt_policy import JWTBlock
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.types import byte_count
from postern_core.snapshot_attempts import Retry, Timeouts
from postern_core.snapshot_backend_refs import BackendRef, MirrorRef
from postern_core.snapshot_callers import Clients, Cors
from postern_core.snapshot_filters import Filter
from postern_core.snapshot_rate_limits import RateLimit

from .attempts import link_retry, link_timeouts
from .backend_refs import backend_refs, mirror_refs
from .backends import LinkedBackend, client_certificates, link_backends, upstream_problems
from .clients import link_clients
from .cors import link_cors
from .fail_closed import recover_forwarded_headers, recover_parent, recover_service_scope
from .filters import link_filters
from .forwarded_headers import ForwardedHeaders
from .host_certificates import NO_CERTIFICATES, HostCertificates, LinkedCertificates, link_certificates
from .hosts import Claim, assign_hosts
from .policies import LinkedPolicy, link_policy
from .protected_resource import with_resource
from .rate_limits import link_rate_limits
from .resource_index import ResourceIndex, age
from .responses import LinkedResponses, link_responses
from .retained import NOTHING, Retained


class ServicePlace(NamedTuple):
    """Where a Service stands, and what that says of its routes; `responses` is the id of its own.

    `hosts` are those it owns; without any none of its routes is served.
    """

    ref: Ref
    hosts: tuple[str, ...]
    path_prefix: str
    strip_path_prefix: bool = True
    keep_encoded_slashes: bool = False
    refuse_path_parameters: bool = False
    refuse_double_encoding: bool = False
    clean_headers: tuple[str, ...] = ()
    restore_path_prefix: bool = False
    keep_empty_segments: bool = False
    cors: Cors | None = None
    clients: Clients | None = None
    max_body_bytes: int | None = None
    responses: str | None = None
    rate_limits: tuple[RateLimit, ...] = ()
    filters: tuple[Filter, ...] = ()
    backends: tuple[BackendRef, ...] = ()
    mirrors: tuple[MirrorRef, ...] = ()
    retry: Retry | None = None
    timeouts: Timeouts | None = None


@dataclass(frozen=True, slots=True)
class LinkedService:
    """One Service of the gateway.

    `refusal` is why all its routes answer 503, `policy` what protects a route
    without auth of its own (None where the service has none either).
    """

    place: ServicePlace
    backends: tuple[LinkedBackend, ...] = ()
    policy: LinkedPolicy | None = None
    refusal: str = ""
    responses: LinkedResponses | None = None
    certificates: LinkedCertificates = NO_CERTIFICATES

    @property
    def ref(self) -> Ref:
        return self.place.ref

    def refusal_of(self, *, needs_upstream: bool) -> str:
        """Why a route answers 503, "" for one that does without an upstream where only that is wrong."""
        return self.refusal if needs_upstream or not self.backends else ""

    @property
    def hosts(self) -> tuple[str, ...]:
        return self.place.hosts


@dataclass(slots=True)
class Services:
    """The Services of one gateway, and what is wrong with them.

    `elsewhere` are those that only other gateways serve, `grants` say which namespace holds a host from now on.
    `owned` has the hosts of each object that claims some, Ingresses too.
    `certificates` are those of all, of the ones that are not accepted too, so that their clients get 503 over TLS.
    `beyond` says of Routes that set more headers than fit beside those of their Service why they can't be served.
    """

    linked: dict[Ref, LinkedService] = field(default_factory=dict)
    elsewhere: set[Ref] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    grants: dict[str, HostGrant] = field(default_factory=dict)
    owned: dict[Ref, tuple[str, ...]] = field(default_factory=dict)
    certificates: HostCertificates = field(default_factory=HostCertificates)
    beyond: dict[Ref, Problem] = field(default_factory=dict)


def link_services(
    resources: ResourceIndex,
    gateway: str,
    held: Mapping[str, HostGrant],
    retained: Retained = NOTHING,
    others: Sequence[Claim] = (),
    *,
    share_bytes: float = math.inf,
    hosts_max: float = math.inf,
) -> Services:
    """Resolve the Services of a gateway, the broken ones to a refusal.

    `held` are the grants of hosts so far, `others` the claims of Ingresses.  Of a namespace, `share_bytes` bound the
    certificates and `hosts_max` the hosts.
    """
    services = Services(certificates=HostCertificates(share_bytes))
    present: list[tuple[Parsed, ServicePlace]] = []
    claims = []
    for parsed in sorted(resources.of_kind("Service"), key=age):
        gateways, claim, place = _place(parsed, resources)
        if gateway not in gateways:
            services.elsewhere.add(parsed.ref)
            if not gateways:  # which may be this one, so it gives up nothing here
                claims.append(Claim(parsed.ref, None, is_certain=False))
            continue
        claims.append(claim)
        present.append((parsed, place))
    if others:
        claims = sorted([*claims, *others], key=lambda claim: age(resources.objects[claim.service]))
    settled = assign_hosts(claims, held, retained, hosts_max=hosts_max)
    services.problems += settled.problems
    services.grants, services.owned = settled.grants, settled.hosts
    forwarded = _forwarded_headers(resources, services)
    for parsed, place in present:
        hosts, clean_headers = settled.hosts.get(parsed.ref, ()), forwarded.get(parsed.ref.id, ())
        linked, problems = _resolve(parsed, place._replace(hosts=hosts, clean_headers=clean_headers), resources)
        services.problems += problems
        services.linked[parsed.ref] = _certified(parsed, linked, resources, services)
    return services


def _certified(parsed: Parsed, linked: LinkedService, resources: ResourceIndex, services: Services) -> LinkedService:
    """A Service with the certificates that it names, which are added to those of the gateway."""
    tls = parsed.resource.spec.tls if is_a(parsed, Service) else None
    certificates = link_certificates(parsed.ref, tls or None, linked.hosts, resources, services.certificates)
    services.problems += certificates.problems
    size_bytes, problems = services.certificates.add_clients(parsed.ref, client_certificates(linked.backends))
    services.problems += problems
    return replace(linked, certificates=certificates.with_clients(size_bytes))


def _place(parsed: Parsed, resources: ResourceIndex) -> tuple[tuple[str, ...], Claim, ServicePlace]:
    """The gateways, the claim and the place of a Service, valid or not, before any host is its own."""
    if parsed.ref in resources.valid and is_a(parsed, Service):
        spec = parsed.resource.spec
        place = ServicePlace(
            parsed.ref, (), spec.path_prefix, spec.strip_path_prefix,
            keep_encoded_slashes=spec.encoded_slashes == "Keep",
            refuse_path_parameters=spec.path_parameters == "Reject",
            refuse_double_encoding=spec.double_encoding == "Reject",
            restore_path_prefix=spec.restore_path_prefix,
            keep_empty_segments=not spec.merge_slashes,
            cors=link_cors(spec.cors),
            clients=link_clients(spec.clients),
            max_body_bytes=byte_count(spec.max_request_body),
            responses=parsed.ref.id if spec.responses else None,
            rate_limits=link_rate_limits(parsed.ref, spec.rate_limit),
            filters=link_filters(spec, spec.path_prefix),
            backends=backend_refs(parsed.ref, spec),
            mirrors=mirror_refs(parsed.ref, spec.mirrors),
            retry=link_retry(spec.retry),
            timeouts=link_timeouts(spec.timeouts),
        )  # fmt: skip
        return spec.gateways, Claim(parsed.ref, tuple(spec.hosts)), place
    remains = recover_service_scope(parsed)
    hosts = None if remains.path_prefix is None else remains.hosts
    place = ServicePlace(parsed.ref, (), remains.path_prefix or "/")
    return remains.gateways, Claim(parsed.ref, hosts, is_certain=False), place


def _resolve(parsed: Parsed, place: ServicePlace, resources: ResourceIndex) -> tuple[LinkedService, list[Problem]]:
    """Follow what a Service refers to, and say what leads nowhere; one that isn't accepted serves nothing."""
    if not is_a(parsed, Service):
        return LinkedService(place, refusal=f"{parsed.ref} is not accepted"), []
    auth = parsed.resource.spec.auth
    policy = _policy_of(parsed.ref, auth.jwt, place, resources) if auth else None
    problems = list(policy.problems) if policy else []
    if parsed.ref not in resources.valid:
        problems += upstream_problems(parsed, resources)
        return LinkedService(place, refusal=f"{parsed.ref} is not accepted"), problems
    backends = link_backends(parsed, resources)
    own = backends[: len(backends) - len(place.mirrors)]
    refusal = f"{parsed.ref}: {own[0].backend.refusal}" if all(it.backend.refusal for it in own) else ""
    responses = resources.memo.get_or_compute(
        link_responses, parsed.ref, parsed.ref, parsed.resource.spec.responses, place.hosts, place.path_prefix
    )
    return LinkedService(place, backends, policy, refusal, responses), [
        *(problem for backend in backends for problem in backend.problems),
        *problems,
    ]


def _policy_of(ref: Ref, jwt: JWTBlock, place: ServicePlace, resources: ResourceIndex) -> LinkedPolicy:
    return with_resource(link_policy(ref, jwt, resources), jwt.protected_resource, place.path_prefix)


def _forwarded_headers(resources: ResourceIndex, services: Services) -> Mapping[str, tuple[str, ...]]:
    """The headers that each Service's policies set, which no client may set on any of its routes; by its id."""
    found = ForwardedHeaders()
    for service in resources.of_kind("Service"):
        # As many as one policy may have always fit.
        found.add(service.ref.id, service.ref, recover_forwarded_headers(service))
    setting = [(it, headers) for it in resources.of_kind("Route") if (headers := recover_forwarded_headers(it))]
    for route, headers in sorted(setting, key=lambda one: age(one[0])):
        spec = route.resource.spec if is_a(route, Route) else None
        where = Ref("Service", route.ref.namespace, spec.service_ref.name) if spec else recover_parent(route)
        beyond = found.add(where.id, route.ref, headers) if where else None
        if beyond is not None:
            services.beyond[route.ref] = beyond
    return found.names
