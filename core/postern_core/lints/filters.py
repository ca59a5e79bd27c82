"""Filters that have no effect where they stand, or one that does not end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from postern_core.header_names import canonical
from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.route import Route
from postern_core.snapshot import Route as RouteEntry
from postern_core.snapshot_filters import Filter, Redirect, RequestHeaders

from .linked import Linked


def header_is_of_a_forwarded_claim(linked: Linked) -> Iterator[Problem]:
    warned: set[tuple[Ref, str, str]] = set()
    for entry in linked.routes.entries:
        for owner, field, name in _changed_requests(entry, linked) if entry.clean_headers else ():
            if canonical(name) in entry.clean_headers and (owner, field, canonical(name)) not in warned:
                warned.add((owner, field, canonical(name)))
                message = f"names {name}, which forwardClaims of the Service's policies set, and has no effect on it"
                yield Problem(owner, Reason.WARNING, field, f"{message}; remove it")


def _changed_requests(entry: RouteEntry, linked: Linked) -> Iterator[tuple[Ref, str, str]]:
    """The header fields of requests that a route and its backends name: whose the block is, its field, and the name."""
    owner = _owner(Ref("Route", entry.namespace, entry.name), linked, "request_headers")
    blocks: list[tuple[Ref, str, Sequence[Filter]]] = [(owner, "spec", entry.filters)]
    service = Ref.of(entry.service)
    blocks += [(service, f"spec.upstreams[{index}]", it.filters) for index, it in enumerate(entry.backends)]
    for whose, at, filters in blocks:
        for changes in filters:
            if isinstance(changes, RequestHeaders):
                for name in (*(it.name for it in (*changes.set, *changes.add)), *changes.remove):
                    yield whose, f"{at}.requestHeaders", name


def redirect_never_ends(linked: Linked) -> Iterator[Problem]:
    warned: set[Ref] = set()
    for entry in linked.routes.entries:
        redirect = next((it for it in entry.filters if isinstance(it, Redirect)), None)
        if redirect is None or not _grows(redirect) or _is_taken_by_another(entry, redirect, linked):
            continue
        owner = _owner(Ref("Route", entry.namespace, entry.name), linked, "redirect")
        if owner not in warned:
            warned.add(owner)
            message = f"puts {redirect.path} in the place of {redirect.prefix}, below which it is redirected again"
            yield Problem(owner, Reason.WARNING, "spec.redirect.path", f"{message}; add a Route that takes it")


def _grows(redirect: Redirect) -> bool:
    """Whether nothing changes but a prefix, which comes back with more behind it."""
    if redirect.path is None or redirect.prefix is None or redirect.scheme or redirect.hostname or redirect.port:
        return False
    return redirect.path.rstrip("/").startswith(redirect.prefix.rstrip("/") + "/")


def _is_taken_by_another(entry: RouteEntry, redirect: Redirect, linked: Linked) -> bool:
    """Whether another route of the Service may take the new address; a pattern is taken for one that does."""
    matches = (
        match
        for other in linked.routes.entries
        if other is not entry and other.service == entry.service
        for match in other.paths
    )
    path = f"{redirect.path}/"
    return any(match.type == "Regex" or path.startswith(match.value.rstrip("/") + "/") for match in matches)


def _owner(route: Ref, linked: Linked, block: str) -> Ref:
    """The Route, or its Service where the block is that one's."""
    parsed = linked.resources.valid.get(route)
    if is_a(parsed, Route) and not getattr(parsed.resource.spec, block):
        return Ref("Service", route.namespace, parsed.resource.spec.service_ref.name)
    return route
