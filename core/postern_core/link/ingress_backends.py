"""The Kubernetes Services that Ingresses send requests to, resolved into backends and their endpoints.

A backend is of a Service's port, so that all paths to it share its connections.
"""

from __future__ import annotations

from typing import NamedTuple

from postern_core.endpoint_slices import destinations
from postern_core.parse import Decoded, Parsed, is_a
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_core.resources.ingress import IngressBackend
from postern_core.resources.kubernetes import EndpointSlice, KubernetesService
from postern_core.snapshot import Backend, Endpoint, Endpoints

from .backends import port_of
from .resource_index import ResourceIndex
from .sizes import ENTRY_BYTES_MAX, size_of


class ServiceBackend(NamedTuple):
    """A Service's port: its entries, None with a reason and a message that refuse; a warning has entries and both."""

    id: str
    entries: tuple[Backend, Endpoints] | None = None
    reason: Reason | None = None
    message: str = ""
    cause: Ref | None = None
    size_bytes: int = 0

    @property
    def refusal(self) -> str:
        return self.message if self.entries is None else ""


def link_ingress_backend(namespace: str, backend: IngressBackend, resources: ResourceIndex) -> ServiceBackend:
    """Resolve what a path of an Ingress in this namespace names."""
    service = backend.service
    if service is None or backend.resource is not None:
        message = "must be a service; a resource is a backend of other controllers"
        return ServiceBackend("", None, Reason.INVALID, message)
    port = service.port.name or service.port.number
    if not port or (service.port.name and service.port.number):
        return ServiceBackend("", None, Reason.INVALID, "must name a port of the service, by number or by name")
    target = Ref("core/Service", namespace, service.name)
    found, slices = resources.objects.get(target), tuple(resources.slices_of(namespace, service.name))
    return resources.memo.get_or_compute(_link, (target, port), target, port, found, slices)


def _link(
    target: Ref, wanted: int | str, service: Parsed | None, slices: tuple[Decoded[EndpointSlice], ...]
) -> ServiceBackend:
    def refused(message: str) -> ServiceBackend:
        id_ = backend_id(target, wanted)
        return ServiceBackend(id_, None, Reason.UPSTREAM_NOT_FOUND, f"{target} {message}", target)

    if not is_a(service, KubernetesService):
        return refused("does not exist; create it, or name another")
    spec = service.resource.spec
    if spec.type == "ExternalName":
        # Who may write one would have the gateway ask any host (CVE-2021-25740).
        return refused("is of type ExternalName, which an Ingress may not send requests to; name another")
    port = port_of(spec, wanted)
    if port is None:
        known = ", ".join(f"{p.port} ({p.name})" if p.name else str(p.port) for p in spec.ports or ()) or "none"
        return refused(f"has no TCP port {wanted}; it has {known}")
    found, are_ready = destinations((it.resource for it in slices), port.name or "", spec.ip_families or ())
    id_ = backend_id(target, port.port)
    endpoints = tuple(Endpoint(address=it.address, port=it.port, alternatives=it.alternatives) for it in found)
    entries = (Backend(id=id_), Endpoints(id=id_, endpoints=endpoints))
    size_bytes = sum(map(size_of, entries))
    if size_bytes > ENTRY_BYTES_MAX:
        return refused("has more endpoints than an entry of the snapshot can hold; divide them over several Services")
    if are_ready:
        return ServiceBackend(id_, entries, size_bytes=size_bytes)
    then = "those that are ending get requests" if found else "requests get 503"
    message = f"{target} has no ready endpoint; {then} until it has one"
    return ServiceBackend(id_, entries, Reason.NO_READY_ENDPOINT, message, target, size_bytes)


def backend_id(service: Ref, port: int | str) -> str:
    """The id of the entries of a Service's port; no kind is called so, and no name has a colon."""
    return f"Backend/{service.namespace}/{service.name}:{port}"
