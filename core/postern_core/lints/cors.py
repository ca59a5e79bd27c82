"""Pages that a `cors` block lets in, and that can yet send no token."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.route import Route
from postern_core.snapshot import Policy
from postern_core.snapshot_callers import Cors

from .linked import Linked

# The Fetch standard, section 2.2.2: a CORS non-wildcard request-header name, which `*` does not cover.
NOT_BY_WILDCARD = "authorization"


def token_header_is_not_allowed(linked: Linked) -> Iterator[Problem]:
    warned: set[Ref] = set()
    for entry in linked.routes.entries:
        policy = linked.routes.policies.get(entry.policy or "")
        if entry.cors is None or policy is None:
            continue
        header = _kept_out(entry.cors, policy)
        if header is None:
            continue
        owner = _owner_of_cors(Ref("Route", entry.namespace, entry.name), linked)
        if owner not in warned:
            warned.add(owner)
            wildcard = ", which * does not cover" if header == NOT_BY_WILDCARD and "*" in entry.cors.headers else ""
            message = f"lacks {header.title()}{wildcard}, so that no page can send a token in it; name it"
            yield Problem(owner, Reason.WARNING, "spec.cors.allowHeaders", message)


def _kept_out(cors: Cors, policy: Policy) -> str | None:
    """The header in which a page would send its token, if it may not, and has no cookie either."""
    headers = [place.name for place in policy.places if place.kind == "header"]
    if not cors.origins or not headers:
        return None
    if cors.credentials and any(place.kind == "cookie" for place in policy.places):
        return None
    named = {name.lower() for name in cors.headers}
    may_send = any(it in named or ("*" in named and it != NOT_BY_WILDCARD) for it in headers)
    return None if may_send else headers[0]


def _owner_of_cors(route: Ref, linked: Linked) -> Ref:
    """The Route, or its Service where the block is that one's."""
    parsed = linked.resources.valid.get(route)
    if is_a(parsed, Route) and not parsed.resource.spec.cors:
        return Ref("Service", route.namespace, parsed.resource.spec.service_ref.name)
    return route
