"""Filters that have no effect where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.header_names import canonical
from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.route import Route
from postern_core.snapshot_filters import RequestHeaders

from .linked import Linked


def header_is_of_a_forwarded_claim(linked: Linked) -> Iterator[Problem]:
    warned: set[tuple[Ref, str]] = set()
    for entry in linked.routes.entries:
        changes = next((it for it in entry.filters if isinstance(it, RequestHeaders)), None)
        if changes is None or not entry.clean_headers:
            continue
        owner = _owner(Ref("Route", entry.namespace, entry.name), linked)
        for name in (*(it.name for it in (*changes.set, *changes.add)), *changes.remove):
            if canonical(name) in entry.clean_headers and (owner, canonical(name)) not in warned:
                warned.add((owner, canonical(name)))
                message = f"names {name}, which forwardClaims of the Service's policies set, and has no effect on it"
                yield Problem(owner, Reason.WARNING, "spec.requestHeaders", f"{message}; remove it")


def _owner(route: Ref, linked: Linked) -> Ref:
    """The Route, or its Service where the block is that one's."""
    parsed = linked.resources.valid.get(route)
    if is_a(parsed, Route) and not parsed.resource.spec.request_headers:
        return Ref("Service", route.namespace, parsed.resource.spec.service_ref.name)
    return route
