"""How EndpointSlices are read: which endpoints count, and by which address (discovery.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Iterable

from .resources.kubernetes import EndpointSlice, SliceEndpoint


def is_ready(endpoint: SliceEndpoint) -> bool:
    """Return whether an endpoint takes requests: "nil should be interpreted as true"."""
    return endpoint.conditions is None or endpoint.conditions.ready is not False


def address_of(endpoint: SliceEndpoint) -> str | None:
    """Return an endpoint's first address: consumers are to ignore the others."""
    return endpoint.addresses[0] if endpoint.addresses else None


def port_named(it: EndpointSlice, name: str) -> int | None:
    """Return the number of a slice's port, None where it has none of that name."""
    return next((port.port for port in it.ports or () if port.name == name and port.port), None)


def one_family(slices: Iterable[EndpointSlice]) -> list[EndpointSlice]:
    """Return the slices of one address family, IPv4 where there is one: a pod with both is in a slice of each."""
    slices = list(slices)
    return [it for it in slices if it.address_type == "IPv4"] or [it for it in slices if it.address_type == "IPv6"]
