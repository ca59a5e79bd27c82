"""What Services and Routes change of requests and responses, resolved into the filters of a route."""

from __future__ import annotations

from msgspec import UnsetType

from postern_core.resources import header_changes
from postern_core.resources.route import RouteSpec
from postern_core.resources.service import ServiceSpec
from postern_core.snapshot_filters import Filter, HeaderField, RequestHeaders, ResponseHeaders


def link_filters(spec: ServiceSpec | RouteSpec, inherited: tuple[Filter, ...] = ()) -> tuple[Filter, ...]:
    """The filters of a Service, or of a Route whose Service has `inherited` ones; a block replaces it whole."""
    found: dict[type[Filter], Filter] = {type(it): it for it in inherited}
    _put(found, RequestHeaders, spec.request_headers)
    _put(found, ResponseHeaders, spec.response_headers)
    return tuple(found[kind] for kind in (RequestHeaders, ResponseHeaders) if kind in found)


def _put(
    found: dict[type[Filter], Filter],
    kind: type[RequestHeaders | ResponseHeaders],
    block: header_changes.RequestHeaders | header_changes.ResponseHeaders | UnsetType,
) -> None:
    """Put the filter of a block in the place of what is there; an empty block puts none."""
    if isinstance(block, UnsetType):
        return
    found.pop(kind, None)
    if block.set or block.add or block.remove:
        found[kind] = kind(set=_fields(block.set), add=_fields(block.add), remove=tuple(map(str.lower, block.remove)))


def _fields(fields: tuple[header_changes.HeaderField, ...]) -> tuple[HeaderField, ...]:
    return tuple(HeaderField(name=it.name, value=it.value) for it in fields)
