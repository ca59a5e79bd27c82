"""What Services and Routes change of requests and responses, resolved into the filters of a route."""

from __future__ import annotations

from msgspec import UnsetType, structs

from postern_core.resources import header_changes, redirect, rewrite
from postern_core.resources.filter_blocks import RouteFilters, ServiceFilters
from postern_core.resources.path_replacement import PathReplacement
from postern_core.resources.route import RouteSpec
from postern_core.resources.upstreams import WeightedUpstream
from postern_core.snapshot_filters import (
    BackendFilter,
    Filter,
    HeaderField,
    Redirect,
    RequestHeaders,
    ResponseHeaders,
    Rewrite,
)

# In which entries have them.
ORDER: tuple[type[Filter], ...] = (RequestHeaders, ResponseHeaders, Rewrite, Redirect)


def link_filters(
    spec: ServiceFilters | RouteFilters, prefix: str, inherited: tuple[Filter, ...] = ()
) -> tuple[Filter, ...]:
    """The filters of a Service, or of a Route whose Service has `inherited` ones; a block replaces it whole.

    `prefix` is what a ReplacePrefixMatch replaces.
    """
    found: dict[type[Filter], Filter | None] = {type(it): it for it in inherited}
    if not isinstance(spec.request_headers, UnsetType):
        found[RequestHeaders] = _changes(RequestHeaders, spec.request_headers)
    if not isinstance(spec.response_headers, UnsetType):
        found[ResponseHeaders] = _changes(ResponseHeaders, spec.response_headers)
    if not isinstance(spec.rewrite, UnsetType):
        found[Rewrite] = _rewrite(spec.rewrite, prefix)
    if not isinstance(spec.redirect, UnsetType):
        found[Redirect] = _redirect(spec.redirect, prefix)
    return tuple(it for kind in ORDER if (it := found.get(kind)) is not None)


def link_paths_and_filters(
    spec: RouteSpec, path_prefix: str, stripped: str, inherited: tuple[Filter, ...]
) -> tuple[str, tuple[Filter, ...]]:
    """The prefix that a Route strips, and its filters; a rewrite that only takes a prefix off is no more than that.

    `path_prefix` is its Service's, and `stripped` what that strips.
    """
    prefix = path_prefix.rstrip("/") + (spec.paths[0].value if spec.paths else "")
    filters = link_filters(spec, prefix.rstrip("/") or "/", inherited)
    found = next((it for it in filters if isinstance(it, Rewrite)), None)
    if found is None or found.path is None:
        return stripped, filters
    if found.prefix is None or found.path != "/":
        return "/", filters
    others = tuple(it for it in filters if it is not found)
    host = () if found.hostname is None else (structs.replace(found, path=None, prefix=None),)
    return found.prefix, (*others, *host)


def redirects(spec: RouteSpec, inherited: tuple[Filter, ...]) -> bool:
    """Whether a Route redirects its requests, so that they need no upstream."""
    return any(isinstance(it, Redirect) for it in link_filters(spec, "/", inherited))


def backend_filters(upstream: WeightedUpstream) -> tuple[BackendFilter, ...]:
    """The filters of one of several upstreams."""
    request, response = upstream.request_headers, upstream.response_headers
    found = (
        _changes(RequestHeaders, request) if request else None,
        _changes(ResponseHeaders, response) if response else None,
    )
    return tuple(it for it in found if it is not None)


def _changes(
    kind: type[RequestHeaders | ResponseHeaders],
    block: header_changes.RequestHeaders | header_changes.ResponseHeaders,
) -> BackendFilter | None:
    """The filter of a block, None where it changes nothing."""
    if not (block.set or block.add or block.remove):
        return None
    return kind(set=_fields(block.set), add=_fields(block.add), remove=tuple(map(str.lower, block.remove)))


def _fields(fields: tuple[header_changes.HeaderField, ...]) -> tuple[HeaderField, ...]:
    return tuple(HeaderField(name=it.name, value=it.value) for it in fields)


def _rewrite(block: rewrite.Rewrite, prefix: str) -> Rewrite | None:
    path = block.path
    if path is None:
        return None if block.hostname is None else Rewrite(hostname=block.hostname)
    return Rewrite(hostname=block.hostname, path=path.value, prefix=_replaced(path, prefix))


def _redirect(block: redirect.Redirect, prefix: str) -> Redirect | None:
    """The filter of a block, None where all of the address stays."""
    path = block.path
    if (block.scheme, block.hostname, block.port, path) == (None, None, None, None):
        return None
    return Redirect(
        scheme=block.scheme,
        hostname=block.hostname,
        port=block.port,
        path=None if path is None else path.value,
        prefix=None if path is None else _replaced(path, prefix),
        status=block.status_code,
    )


def _replaced(path: PathReplacement, prefix: str) -> str | None:
    return prefix if path.type == "ReplacePrefixMatch" else None
