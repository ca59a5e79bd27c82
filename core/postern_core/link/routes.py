"""Routes, resolved: which requests they take, and what protects them."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import UnsetType, structs

from postern_core.lints.below_prefix import PLACE_LINTS
from postern_core.parse import Decoded, Parsed, is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.route import Route as RouteResource
from postern_core.resources.types import byte_count
from postern_core.snapshot import Policy, Route
from postern_core.snapshot_responses import Responses

from .attached_policies import policy_required
from .attempts import link_retry, link_timeouts
from .backend_refs import mirror_refs
from .backends import LinkedBackend, client_certificates, link_backends, upstream_problems
from .clients import link_clients
from .cors import link_cors
from .fail_closed import EVERY_PATH, recover_parent, recover_route_scope
from .filters import link_paths_and_filters, redirects
from .host_certificates import HostCertificates
from .pattern_budget import settle_patterns
from .policies import PUBLIC, LinkedPolicy, link_policy
from .rate_limits import limits_without_tokens, link_rate_limits
from .resource_index import ResourceIndex
from .responses import link_responses
from .route_matches import path_matches, value_matches
from .services import LinkedService, ServicePlace, Services
from .sizes import PLACE_BYTES_MAX, shortened, size_of, too_large


@dataclass(slots=True)
class Routes:
    """The routes' entries, the policies, the responses and the backends of their own that they name, and what is wrong.

    `sizes` has the bytes of each entry with its own policy and responses.  `unplaced` are the
    namespaces of routes whose place is more than an entry can hold.
    """

    entries: list[Route] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    policies: dict[str, Policy] = field(default_factory=dict)
    responses: dict[str, Responses] = field(default_factory=dict)
    unplaced: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    backends: dict[str, tuple[LinkedBackend, ...]] = field(default_factory=dict)

    def add_backends(self, route: Ref, backends: tuple[LinkedBackend, ...], certificates: HostCertificates) -> int:
        """Add those of the mirrors of a Route; returns the bytes that they take."""
        self.backends[route.id] = backends
        self.problems += [problem for it in backends for problem in it.problems]
        size_bytes, problems = certificates.add_clients(route, client_certificates(backends))
        self.problems += problems
        return sum(it.size_bytes for it in backends) + size_bytes


def link_routes(resources: ResourceIndex, services: Services, required_by: str = "") -> Routes:
    """Resolve every Route of the services; a broken one becomes a route that refuses.

    `required_by` names the gateway if it refuses what has no policy.
    """
    routes = Routes()
    for parsed in resources.of_kind("Route"):
        if parsed.ref in resources.valid and is_a(parsed, RouteResource):
            _link_valid(parsed, resources, services, routes, required_by)
        else:
            routes.problems += _further_problems(parsed, resources, services)
            _link_broken(parsed, resources, services, routes)
    routes.entries, problems = settle_patterns(routes.entries, resources.inspectors.pattern_size)
    routes.problems += problems
    return routes


def _link_valid(
    parsed: Decoded[RouteResource], resources: ResourceIndex, services: Services, routes: Routes, required_by: str
) -> None:
    spec, ref = parsed.resource.spec, parsed.ref
    reference = Ref("Service", ref.namespace, spec.service_ref.name)
    if reference in services.elsewhere:
        return
    service = services.linked.get(reference)
    if service is None or not service.hosts:
        routes.problems.append(_without_service(ref, reference, service))
        return
    beyond = services.beyond.get(ref)
    policy = _policy_of(parsed, service, resources, routes, required_by=required_by, beyond=beyond)
    refused = service.refusal_of(needs_upstream=not redirects(spec, service.place.filters))
    if refused or (service.policy and policy.refusal and not spec.auth):
        routes.problems.append(_refused(ref, reference, refused or f"{reference}: {policy.refusal}"))
    refusal = refused or shortened(policy.refusal)
    if policy.entry is None and not refusal:
        uncounted = limits_without_tokens(ref, spec, reference, service.place.rate_limits)
        routes.problems += [uncounted] if uncounted else []
        refusal = f"{ref}: {uncounted.message}" if uncounted else ""
    policy_id = policy.entry.id if policy.entry else None
    entry, size_bytes, problems = resources.memo.get_or_compute(
        _fitting, ref, parsed, service.place, policy_id, refusal
    )
    routes.problems += problems
    if entry.policy is not None and policy.entry is not None:
        routes.policies[entry.policy] = policy.entry
        size_bytes += policy.size_bytes if spec.auth else 0
    own = resources.memo.get_or_compute(link_responses, ref, ref, spec.responses) if spec.responses else None
    if own is not None and entry.responses == ref.id:
        routes.responses[ref.id] = own.entry
        size_bytes += own.size_bytes
    if spec.mirrors and entry.mirrors:
        size_bytes += routes.add_backends(ref, link_backends(parsed, resources), services.certificates)
    routes.entries.append(entry)
    routes.sizes.append(size_bytes)


def _without_service(ref: Ref, reference: Ref, service: LinkedService | None) -> Problem:
    """Say that a Route's Service does not exist or, where it does, that it has no hosts."""
    if service is None:
        message = f"Service {reference.name!r} does not exist in namespace {ref.namespace}; create it, or name another"
        return Problem(ref, Reason.SERVICE_NOT_FOUND, "spec.serviceRef", message, (reference,))
    message = f"{reference} has no host of its own, so this route is not served; add one that is free"
    return Problem(ref, Reason.SERVICE_INVALID, "spec.serviceRef", message, (reference,))


def _refused(ref: Ref, reference: Ref, refusal: str) -> Problem:
    message = f"its requests get 503: {refusal}"
    return Problem(ref, Reason.SERVICE_INVALID, "spec.serviceRef", message, (reference,))


def _further_problems(parsed: Parsed, resources: ResourceIndex, services: Services) -> list[Problem]:
    """What else is wrong with a Route that isn't accepted, as far as it can be read; it is never served."""
    ref, reference = parsed.ref, recover_parent(parsed)
    if reference is None or reference in services.elsewhere:
        return []
    problems: list[Problem] = []
    service = services.linked.get(reference)
    if service is None or not service.hosts:
        problems.append(_without_service(ref, reference, service))
    elif service.refusal:
        problems.append(_refused(ref, reference, service.refusal))
    if is_a(parsed, RouteResource):
        auth = parsed.resource.spec.auth
        problems += link_policy(ref, auth.jwt, resources).problems if auth else ()
        problems += upstream_problems(parsed, resources)
    return problems


def _policy_of(
    parsed: Decoded[RouteResource],
    service: LinkedService,
    resources: ResourceIndex,
    routes: Routes,
    *,
    required_by: str,
    beyond: Problem | None,
) -> LinkedPolicy:
    if beyond is not None:
        routes.problems.append(beyond)
        return LinkedPolicy(refusal=f"{parsed.ref}: {beyond.message}")
    if parsed.resource.spec.auth:
        own = link_policy(parsed.ref, parsed.resource.spec.auth.jwt, resources)
        routes.problems += own.problems
        return own
    if service.policy is None and required_by:
        way_out = f"give it or {service.ref} auth.jwt, with mode: Disabled to make it public"
        missing = policy_required(parsed.ref, "spec.auth", required_by, way_out)
        routes.problems.append(missing)
        return LinkedPolicy(refusal=f"{parsed.ref}: {missing.message}")
    return service.policy or PUBLIC


def _entry(parsed: Decoded[RouteResource], service: ServicePlace, policy: str | None, refusal: str) -> Route:
    spec = parsed.resource.spec
    own_limit = byte_count(spec.max_request_body)
    stripped = service.path_prefix if service.strip_path_prefix else "/"
    stripped, filters = link_paths_and_filters(spec, service.path_prefix, stripped, service.filters)
    return Route(
        id=parsed.ref.id,
        namespace=parsed.ref.namespace,
        name=parsed.ref.name,
        created=parsed.created,
        hosts=tuple(sorted(service.hosts)),
        paths=path_matches(spec.paths or EVERY_PATH, service.path_prefix),
        backend=service.ref.id,
        service=service.ref.id,
        methods=tuple(sorted(set(spec.methods))),
        headers=value_matches(spec.headers),
        query_params=value_matches(spec.query_params),
        policy=policy,
        strip_prefix=stripped,
        restore_prefix=service.restore_path_prefix,
        keep_encoded_slashes=service.keep_encoded_slashes,
        clean_headers=service.clean_headers,
        refusal=refusal,
        refuse_path_parameters=service.refuse_path_parameters,
        refuse_double_encoding=service.refuse_double_encoding,
        keep_empty_segments=service.keep_empty_segments,
        cors=link_cors(spec.cors) if spec.cors else service.cors,
        clients=link_clients(spec.clients) if spec.clients else service.clients,
        max_body_bytes=service.max_body_bytes if own_limit is None else own_limit,
        responses=parsed.ref.id if spec.responses else service.responses,
        rate_limits=service.rate_limits
        if isinstance(spec.rate_limit, UnsetType)
        else link_rate_limits(parsed.ref, spec.rate_limit),
        filters=filters,
        backends=service.backends,
        mirrors=service.mirrors if isinstance(spec.mirrors, UnsetType) else mirror_refs(parsed.ref, spec.mirrors),
        retry=link_retry(spec.retry, service.retry),
        timeouts=link_timeouts(spec.timeouts, service.timeouts),
    )


def _link_broken(parsed: Parsed, resources: ResourceIndex, services: Services, routes: Routes) -> None:
    """Refuse what the route would have taken, as far as that can be read."""
    remains = recover_route_scope(parsed, resources.inspectors)
    service = services.linked.get(Ref("Service", parsed.ref.namespace, remains.service))
    if service is None or not service.hosts or not remains.paths:
        return
    entry = Route(
        id=parsed.ref.id,
        namespace=parsed.ref.namespace,
        name=parsed.ref.name,
        created=parsed.created,
        hosts=tuple(sorted(service.hosts)),
        paths=path_matches(remains.paths, service.place.path_prefix),
        backend=service.ref.id,
        service=service.ref.id,
        methods=tuple(sorted(set(remains.methods))),
        headers=value_matches(remains.headers),
        query_params=value_matches(remains.query_params),
        keep_encoded_slashes=service.place.keep_encoded_slashes,
        refusal=f"{parsed.ref} is not accepted",
        unread_matches=remains.unread,
        responses=service.place.responses,
    )
    size_bytes = size_of(entry)
    if size_bytes > PLACE_BYTES_MAX:
        # Of a manifest that no API server has seen: it would have refused such lists.
        routes.unplaced.add(parsed.ref.namespace)
    routes.entries.append(entry)
    routes.sizes.append(size_bytes)


def _fitting(
    parsed: Decoded[RouteResource], service: ServicePlace, policy: str | None, refusal: str
) -> tuple[Route, int, tuple[Problem, ...]]:
    """A route's entry, its bytes and what is wrong or odd where it stands; one that is too large refuses its place."""
    entry = _entry(parsed, service, policy, refusal)
    size_bytes = size_of(entry)
    way_out = "split it into several Routes, or its Service's hosts and forwardClaims over several Services"
    wrong = too_large(parsed.ref, "spec", size_bytes, way_out)
    if wrong:
        entry = place_of(entry, f"{parsed.ref} is too large")
        size_bytes = size_of(entry)
        return entry, size_bytes, (wrong,)
    odd = (found for lint in PLACE_LINTS for found in lint(parsed.resource.spec, service))
    return entry, size_bytes, tuple(Problem(parsed.ref, Reason.WARNING, field, message) for field, message in odd)


def place_of(route: Route, refusal: str) -> Route:
    """What refuses the requests that a route takes, in its very place among the others."""
    responses = route.responses if route.responses == route.service else None
    return structs.replace(
        route,
        policy=None,
        strip_prefix="/",
        clean_headers=(),
        cors=None,
        clients=None,
        max_body_bytes=None,
        rate_limits=(),
        filters=(),
        backends=(),
        mirrors=(),
        retry=None,
        timeouts=None,
        responses=responses,
        refusal=refusal,
    )
