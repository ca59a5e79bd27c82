"""Backends by their ids: the shares of the upstreams of a Service, and the copies that its or a Route's mirrors get."""

from __future__ import annotations

from postern_core.ref import Ref
from postern_core.resources.service import ServiceSpec
from postern_core.resources.upstreams import PERCENT, Mirror
from postern_core.snapshot_backend_refs import BackendRef, MirrorRef

from .filters import backend_filters


def backend_refs(ref: Ref, spec: ServiceSpec) -> tuple[BackendRef, ...]:
    """The shares of a Service's upstreams, none where there is only one, without filters of its own."""
    refs = tuple(
        BackendRef(backend=id_of(ref, index), weight=it.weight, filters=backend_filters(it))
        for index, it in enumerate(spec.upstreams or ())
    )
    return refs if len(refs) > 1 or any(it.filters for it in refs) else ()


def mirror_refs(ref: Ref, mirrors: tuple[Mirror, ...]) -> tuple[MirrorRef, ...]:
    """The copies that the mirrors of a Service or a Route get."""
    return tuple(
        MirrorRef(backend=mirror_id(ref, index), numerator=numerator, denominator=denominator)
        for index, (numerator, denominator) in enumerate(map(_shares, mirrors))
    )


def _shares(mirror: Mirror) -> tuple[int, int]:
    if mirror.fraction is not None:
        return mirror.fraction.numerator, mirror.fraction.denominator
    return PERCENT if mirror.percent is None else mirror.percent, PERCENT


def mirror_id(ref: Ref, index: int) -> str:
    """The id of the backend of a mirror."""
    return f"{ref.id}/mirror/{index}"


def id_of(ref: Ref, index: int) -> str:
    """The id of a backend; the first has the Service's own, so that its connections stay when others come beside it."""
    return f"{ref.id}/{index}" if index else ref.id
