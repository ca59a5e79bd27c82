"""How EndpointSlices are read: which endpoints count, and by which address (discovery.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .resources.kubernetes import EndpointSlice, SliceEndpoint

FAMILIES = ("IPv4", "IPv6", "FQDN")


class Destination(NamedTuple):
    """One pod, or an address that stands for none: the address to use, and those of its other families."""

    address: str
    port: int
    alternatives: tuple[str, ...] = ()


class _Listed(NamedTuple):
    """An endpoint as one slice has it.

    `pod` is "" where nothing says which pod it is: those are one place, whose families are alternatives of each other.
    """

    pod: str
    family: str
    address: str
    port: int


def is_ready(endpoint: SliceEndpoint) -> bool:
    """Return whether an endpoint takes requests: "nil should be interpreted as true"."""
    return endpoint.conditions is None or endpoint.conditions.ready is not False


def is_draining(endpoint: SliceEndpoint) -> bool:
    """Return whether an endpoint is about to end and still answers; an unset `serving` defers to `ready`."""
    conditions = endpoint.conditions
    if conditions is None or not conditions.terminating:
        return False
    return bool(is_ready(endpoint) if conditions.serving is None else conditions.serving)


def address_of(endpoint: SliceEndpoint) -> str | None:
    """Return an endpoint's first address: consumers are to ignore the others."""
    return endpoint.addresses[0] if endpoint.addresses else None


def destinations(
    slices: Iterable[EndpointSlice], port_name: str, families: Sequence[str] = ()
) -> tuple[tuple[Destination, ...], bool]:
    """Return where a Service's requests go, each pod once, in order; and whether those places are ready.

    Without any that is ready, those that are draining take requests, as kube-proxy has it.
    `families` are the Service's `ipFamilies`: the first that a pod has an address of counts, the others are its
    alternatives.
    """
    slices = tuple(slices)
    ready = destinations_by_pod(slices, port_name, families, is_wanted=is_ready)
    found = ready or destinations_by_pod(slices, port_name, families, is_wanted=is_draining)
    return tuple(sorted({it[:2]: it for _, it in found}.values())), bool(ready)


def destinations_by_pod(
    slices: Iterable[EndpointSlice],
    port_name: str,
    families: Sequence[str] = (),
    *,
    is_wanted: Callable[[SliceEndpoint], bool],
) -> list[tuple[str, Destination]]:
    """Return the destinations of the endpoints that are wanted, each with the name of its pod, "" where it is none."""
    order = [*families, *(family for family in FAMILIES if family not in families)]
    places: dict[tuple[str, int], dict[str, list[str]]] = {}
    for one in sorted(set(_listed(slices, port_name, is_wanted=is_wanted))):
        places.setdefault((one.pod, one.port), {}).setdefault(one.family, []).append(one.address)
    found = []
    for (pod, port), by_family in places.items():
        if len(by_family) > 1:
            by_family.pop("FQDN", None)  # a name is no other family of an address
        first, *others = (by_family[family] for family in order if family in by_family)
        for number, address in enumerate(first):
            alternatives = tuple(other[number % len(other)] for other in others)
            found.append((pod.partition("/")[0], Destination(address, port, alternatives)))
    return found


def _listed(
    slices: Iterable[EndpointSlice], port_name: str, *, is_wanted: Callable[[SliceEndpoint], bool]
) -> Iterator[_Listed]:
    for it in slices:
        ports = [port.port for port in it.ports or () if (port.name or "") == port_name and port.port]
        for endpoint in it.endpoints or ():
            address, target = address_of(endpoint), endpoint.target_ref
            if address is not None and it.address_type in FAMILIES and is_wanted(endpoint):
                pod = f"{target.name}/{target.uid}" if target is not None and target.kind == "Pod" else ""
                yield from (_Listed(pod, it.address_type, address, port) for port in ports)
