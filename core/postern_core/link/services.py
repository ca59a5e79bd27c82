"""Services, resolved: their hosts, their backend, and what protects their routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from postern_core.grants import HostGrant
from postern_core.header_names import canonical
from postern_core.parse import Parsed
from postern_core.problems import Problem
from postern_core.ref import Ref

from .backends import LinkedBackend, link_backend, upstream_problems
from .fail_closed import recover_service_scope
from .hosts import Claim, assign_hosts
from .policies import LinkedPolicy, link_policy
from .resource_index import ResourceIndex, age


@dataclass(slots=True)
class LinkedService:
    """One Service of the gateway.

    `hosts` are those it owns; without any none of its routes is served.
    `refusal` is why all its routes answer 503, `policy` what protects a route
    without auth of its own (None where the service has none either).
    """

    ref: Ref
    hosts: tuple[str, ...]
    path_prefix: str
    strip_path_prefix: bool = True
    keep_encoded_slashes: bool = False
    backend: LinkedBackend | None = None
    policy: LinkedPolicy | None = None
    clean_headers: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(slots=True)
class Services:
    """The Services of one gateway, and what is wrong with them.

    `elsewhere` are those that only other gateways serve, `grants` say which namespace holds a host from now on.
    """

    linked: dict[Ref, LinkedService] = field(default_factory=dict)
    elsewhere: set[Ref] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    grants: dict[str, HostGrant] = field(default_factory=dict)


def link_services(resources: ResourceIndex, gateway: str, held: Mapping[str, HostGrant]) -> Services:
    """Resolve the Services of a gateway, the broken ones to a refusal; `held` are the grants of hosts so far."""
    services = Services()
    present: list[tuple[Parsed, LinkedService]] = []
    claims = []
    forwarded = _forwarded_headers(resources)
    for parsed in sorted(resources.of_kind("Service"), key=age):
        gateways, claim, linked = _place(parsed, resources)
        if gateway not in gateways:
            services.elsewhere.add(parsed.ref)
            if not gateways:  # which may be this one, so it gives up nothing here
                claims.append(Claim(parsed.ref, None, is_certain=False))
            continue
        linked.clean_headers = forwarded.get(parsed.ref, ())
        claims.append(claim)
        present.append((parsed, linked))
    settled = assign_hosts(claims, held)
    services.problems += settled.problems
    services.grants = settled.grants
    for parsed, linked in present:
        linked.hosts = settled.hosts.get(parsed.ref, ())
        if parsed.ref in resources.valid:
            services.problems += _resolve(linked, parsed, resources)
        elif parsed.resource is not None:
            services.problems += _further_problems(parsed, resources)
        services.linked[parsed.ref] = linked
    return services


def _place(parsed: Parsed, resources: ResourceIndex) -> tuple[tuple[str, ...], Claim, LinkedService]:
    """Where a Service stands, valid or not."""
    if parsed.ref in resources.valid:
        spec = parsed.resource.spec
        linked = LinkedService(
            ref=parsed.ref,
            hosts=(),
            path_prefix=spec.path_prefix,
            strip_path_prefix=spec.strip_path_prefix,
            keep_encoded_slashes=spec.encoded_slashes == "Keep",
        )
        return spec.gateways, Claim(parsed.ref, tuple(spec.hosts)), linked
    remains = recover_service_scope(parsed)
    linked = LinkedService(parsed.ref, (), remains.path_prefix or "/", refusal=f"{parsed.ref} is not accepted")
    hosts = None if remains.path_prefix is None else remains.hosts
    return remains.gateways, Claim(parsed.ref, hosts, is_certain=False), linked


def _resolve(linked: LinkedService, parsed: Parsed, resources: ResourceIndex) -> list[Problem]:
    """Follow what a valid Service refers to, and say what leads nowhere."""
    linked.backend = link_backend(parsed, resources)
    problems = list(linked.backend.problems)
    if linked.backend.backend.refusal:
        linked.refusal = f"{parsed.ref}: {linked.backend.backend.refusal}"
    if parsed.resource.spec.auth:
        linked.policy = link_policy(parsed.ref, parsed.resource.spec.auth.jwt, resources)
        problems += linked.policy.problems
    return problems


def _further_problems(parsed: Parsed, resources: ResourceIndex) -> list[Problem]:
    """What else is wrong with a Service that failed a check; it is never served."""
    problems = list(upstream_problems(parsed, resources))
    if parsed.resource.spec.auth:
        problems += link_policy(parsed.ref, parsed.resource.spec.auth.jwt, resources).problems
    return problems


def _forwarded_headers(resources: ResourceIndex) -> dict[Ref, tuple[str, ...]]:
    """The headers that each Service's policies set, which no client may set on any of its routes."""
    names: dict[Ref, set[str]] = {}
    for kind in ("Service", "Route"):
        for parsed in resources.of_kind(kind):
            if parsed.ref not in resources.valid or not parsed.resource.spec.auth:
                continue
            service = parsed.ref
            if kind == "Route":
                service = Ref("Service", parsed.ref.namespace, parsed.resource.spec.service_ref.name)
            for forward in parsed.resource.spec.auth.jwt.forward_claims:
                names.setdefault(service, set()).add(canonical(forward.header))
    return {service: tuple(sorted(found)) for service, found in names.items()}
