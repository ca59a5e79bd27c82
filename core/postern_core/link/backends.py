"""The upstreams of a Service, and its or a Route's mirrors, resolved into backends and their endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from postern_core.endpoint_slices import destinations
from postern_core.parse import Decoded, Parsed, is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.kubernetes import (
    EndpointSlice,
    KubernetesService,
    KubernetesServicePort,
    KubernetesServiceSpec,
)
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.service_upstreams import upstreams_of
from postern_core.resources.types import milliseconds
from postern_core.resources.upstream import ServiceUpstream
from postern_core.resources.upstream_tls import certificate_holder, client_certificate_holder
from postern_core.snapshot import Backend, Endpoint, Endpoints
from postern_core.snapshot_certificates import Certificate
from postern_core.snapshot_upstream_tls import UpstreamTLS
from postern_core.validators import Validators

from .backend_refs import id_of, mirror_id
from .certificates import certificates_of
from .client_certificates import link_client_certificate
from .references import Missing
from .resource_index import ResourceIndex
from .sizes import shortened, size_of, too_large

DEFAULT_PORTS = {"http": 80, "https": 443}


class Referred(NamedTuple):
    """What an upstream refers to, as it was found: the Service of Kubernetes, its slices, the holder of the CAs.

    `client` is the certificate that it is shown, None where it is to be shown none.
    """

    service: Parsed | None
    slices: tuple[Decoded[EndpointSlice], ...]
    certificates: Parsed | None
    client: Certificate | Missing | None = None


class Place(NamedTuple):
    """Where an upstream stands: its Service, its field, and the id of its backend."""

    ref: Ref
    at: str
    id: str


@dataclass(frozen=True, slots=True)
class LinkedBackend:
    """Where a Service's requests go, or a share of them, in so many bytes; with a refusal in the backend, nowhere.

    `client_certificate` is the one by which it is called, None for none.
    """

    backend: Backend
    endpoints: Endpoints
    problems: tuple[Problem, ...] = ()
    size_bytes: int = 0
    client_certificate: Certificate | None = None


def link_backends(parsed: Decoded[Service] | Decoded[Route], resources: ResourceIndex) -> tuple[LinkedBackend, ...]:
    """Resolve the upstreams and the mirrors of a valid object, each into a backend, in the order of `upstreams_of`."""
    referred = _all_referred(parsed, resources)
    return resources.memo.get_or_compute(_link_all, parsed.ref, parsed, referred, resources.inspectors)


def client_certificates(backends: Iterable[LinkedBackend]) -> list[Certificate]:
    """The certificates by which these are called."""
    return [it.client_certificate for it in backends if it.client_certificate is not None]


def upstream_problems(parsed: Decoded[Service] | Decoded[Route], resources: ResourceIndex) -> tuple[Problem, ...]:
    """What can't be resolved of the upstreams and mirrors of an object that failed a check; it is never served."""
    referred = _all_referred(parsed, resources)
    return resources.memo.get_or_compute(_unresolved, parsed.ref, parsed, referred, resources.inspectors)


def _all_referred(parsed: Decoded[Service] | Decoded[Route], resources: ResourceIndex) -> tuple[Referred, ...]:
    namespace = parsed.ref.namespace
    return tuple(_referred(upstream, namespace, resources) for _, upstream in upstreams_of(parsed.resource.spec))


def _referred(upstream: ServiceUpstream, namespace: str, resources: ResourceIndex) -> Referred:
    service, slices = None, list[Decoded[EndpointSlice]]()
    if upstream.service is not None:
        service = resources.objects.get(Ref("core/Service", namespace, upstream.service.name))
        slices = resources.slices_of(namespace, upstream.service.name)
    holder, client = certificate_holder(upstream.tls, namespace), client_certificate_holder(upstream.tls, namespace)
    certificates = resources.objects.get(holder) if holder else None
    certificate = link_client_certificate(resources, client) if client else None
    return Referred(service, tuple(slices), certificates, certificate)


def _unresolved(
    parsed: Decoded[Service] | Decoded[Route], referred: tuple[Referred, ...], inspectors: Validators
) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    for (at, upstream), found in zip(upstreams_of(parsed.resource.spec), referred, strict=True):
        if upstream.service is not None:
            _kubernetes_endpoints(parsed.ref, upstream, found, at, problems)
        _ca_pem(Place(parsed.ref, at, ""), upstream, found, inspectors, problems)
        _client_certificate(Place(parsed.ref, at, ""), upstream, found, problems)
    return tuple(problems)


def _link_all(
    parsed: Decoded[Service] | Decoded[Route], referred: tuple[Referred, ...], inspectors: Validators
) -> tuple[LinkedBackend, ...]:
    ref, spec = parsed.ref, parsed.resource.spec
    mirrors = spec.mirrors or ()
    ids = [id_of(ref, index) for index in range(len(referred) - len(mirrors))]
    ids += [mirror_id(ref, index) for index in range(len(mirrors))]
    return tuple(
        _link(Place(ref, at, id_), upstream, found, inspectors)
        for (at, upstream), found, id_ in zip(upstreams_of(spec), referred, ids, strict=True)
    )


def _link(place: Place, upstream: ServiceUpstream, referred: Referred, inspectors: Validators) -> LinkedBackend:
    ref, at, id_ = place
    problems: list[Problem] = []
    endpoints = _endpoints(ref, upstream, referred, at, problems)
    ca_pem = _ca_pem(place, upstream, referred, inspectors, problems)
    client = _client_certificate(place, upstream, referred, problems)
    addresses = Endpoints(id=id_, endpoints=endpoints)
    wrong = too_large(ref, at, size_of(addresses), "name fewer addresses, or put them behind one name")
    if wrong:
        problems.append(wrong)
        addresses = Endpoints(id=id_, endpoints=())
    fatal = [problem.message for problem in problems if not problem.is_warning]
    path = urlsplit(upstream.url).path if upstream.url else ""
    keep_alive = upstream.timeouts.keep_alive
    backend = Backend(
        id=id_,
        host_header=_host_header(ref, upstream, referred),
        path_prefix=path.removesuffix("/"),
        ends_with_slash=path != "/" and path.endswith("/"),
        tls=_tls(ref, upstream, referred, ca_pem, client),
        connect_timeout_ms=milliseconds(upstream.timeouts.connect),
        request_timeout_ms=milliseconds(upstream.timeouts.request),
        idle_timeout_ms=milliseconds(upstream.timeouts.idle),
        keep_alive_ms=None if keep_alive is None else milliseconds(keep_alive),
        retry_attempts=upstream.retries.attempts,
        refusal=shortened("; ".join(fatal)),
    )
    return LinkedBackend(backend, addresses, tuple(problems), size_of(backend) + size_of(addresses), client)


def _endpoints(
    ref: Ref, upstream: ServiceUpstream, referred: Referred, at: str, problems: list[Problem]
) -> tuple[Endpoint, ...]:
    if upstream.url is not None:
        url = urlsplit(upstream.url)
        return (Endpoint(address=str(url.hostname), port=url.port or DEFAULT_PORTS[url.scheme]),)
    if upstream.endpoints is not None:
        return tuple(Endpoint(address=e.address, port=e.port, weight=e.weight) for e in upstream.endpoints if e.weight)
    return _kubernetes_endpoints(ref, upstream, referred, at, problems)


def _kubernetes_endpoints(
    ref: Ref, upstream: ServiceUpstream, referred: Referred, at: str, problems: list[Problem]
) -> tuple[Endpoint, ...]:
    wanted = upstream.service
    assert wanted is not None, "checked: exactly one of url, service and endpoints"
    target = Ref("core/Service", ref.namespace, wanted.name)

    def unresolved(message: str, reason: Reason = Reason.UPSTREAM_NOT_FOUND) -> tuple[Endpoint, ...]:
        problems.append(Problem(ref, reason, f"{at}.service", message, (target,)))
        return ()

    if not is_a(referred.service, KubernetesService):
        return unresolved(f"{target} does not exist; create it, or name another")
    spec = referred.service.resource.spec
    port = port_of(spec, wanted.port)
    if spec.type == "ExternalName":
        number = port.port if port is not None else wanted.port
        if isinstance(number, str):
            return unresolved(f"{target} has no TCP port named {number!r}; name one that it has, or write its number")
        return (Endpoint(address=spec.external_name.rstrip("."), port=number),)
    if port is None:
        known = ", ".join(f"{p.port} ({p.name})" if p.name else str(p.port) for p in spec.ports or ()) or "none"
        return unresolved(f"{target} has no TCP port {wanted.port}; it has {known}")
    slices = (parsed.resource for parsed in referred.slices)
    found, are_ready = destinations(slices, port.name or "", spec.ip_families or ())
    if not are_ready:
        then = "those that are ending get requests" if found else "requests get 503"
        unresolved(f"{target} has no ready endpoint; {then} until it has one", Reason.NO_READY_ENDPOINT)
    return tuple(Endpoint(address=it.address, port=it.port, alternatives=it.alternatives) for it in found)


def port_of(spec: KubernetesServiceSpec, wanted: int | str) -> KubernetesServicePort | None:
    """The TCP port of a Service of Kubernetes that has this number, or this name."""
    return next((p for p in spec.ports or () if p.protocol == "TCP" and wanted in (p.port, p.name)), None)


def _port_number(wanted: int | str, referred: Referred) -> int | None:
    """The number of a Service's port, None for a name that it doesn't have."""
    if isinstance(wanted, int):
        return wanted
    found = port_of(referred.service.resource.spec, wanted) if is_a(referred.service, KubernetesService) else None
    return found.port if found else None


def _name_of(ref: Ref, upstream: ServiceUpstream, referred: Referred) -> tuple[str, int | None]:
    """What the upstream calls itself, and its port where that is not the scheme's own."""
    scheme = "https" if upstream.tls is not None else "http"
    if upstream.url is not None:
        url = urlsplit(upstream.url)
        scheme, name, port = url.scheme, str(url.hostname), url.port
    elif upstream.service is not None:
        name, port = f"{upstream.service.name}.{ref.namespace}.svc", _port_number(upstream.service.port, referred)
    else:
        only = (upstream.endpoints or ())[0]
        name, port = only.address, only.port
    return name, None if port == DEFAULT_PORTS[scheme] else port


def _host_header(ref: Ref, upstream: ServiceUpstream, referred: Referred) -> str | None:
    chosen = upstream.host_header or ("Upstream" if upstream.url is not None else "Client")
    if chosen == "Client":
        return None
    name, port = _name_of(ref, upstream, referred)
    if upstream.endpoints is not None and upstream.tls is not None and upstream.tls.server_name:
        name = upstream.tls.server_name
    name = f"[{name}]" if ":" in name else name
    return name if port is None else f"{name}:{port}"


def _tls(
    ref: Ref, upstream: ServiceUpstream, referred: Referred, ca_pem: str | None, client: Certificate | None
) -> UpstreamTLS | None:
    if upstream.tls is None and not (upstream.url or "").startswith("https:"):
        return None
    given = upstream.tls
    return UpstreamTLS(
        server_name=(given and given.server_name) or _name_of(ref, upstream, referred)[0],
        ca_pem=ca_pem,
        insecure_skip_verify=bool(given and given.insecure_skip_verify),
        client_certificate=None if client is None else client.id,
    )


def _ca_pem(
    place: Place, upstream: ServiceUpstream, referred: Referred, inspectors: Validators, problems: list[Problem]
) -> str | None:
    """The CA certificates in PEM, None where the system's are meant, or where they are missing, which is a problem."""
    holder = certificate_holder(upstream.tls, place.ref.namespace)
    reference = upstream.tls.ca_certificate_ref if upstream.tls else None
    if holder is None or reference is None:
        return None
    found = certificates_of(holder, referred.certificates, reference.key, inspectors)
    if isinstance(found, Missing):
        problems.append(Problem(place.ref, found.reason, f"{place.at}.tls.caCertificateRef", found.message))
        return None
    return found


def _client_certificate(
    place: Place, upstream: ServiceUpstream, referred: Referred, problems: list[Problem]
) -> Certificate | None:
    """The certificate by which the upstream is called; None for none, or where it is missing, which is a problem."""
    found, holder = referred.client, client_certificate_holder(upstream.tls, place.ref.namespace)
    if not isinstance(found, Missing):
        return found
    causes = (holder,) if holder else ()
    problems.append(Problem(place.ref, found.reason, f"{place.at}.tls.clientCertificateRef", found.message, causes))
    return None
