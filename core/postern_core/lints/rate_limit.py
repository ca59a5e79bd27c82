"""Limits that a request passes by for it has no token."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UnsetType

from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.route import Route
from postern_core.snapshot import Policy
from postern_core.snapshot_rate_limits import RateLimit

from .linked import Linked


def anonymous_requests_are_unlimited(linked: Linked) -> Iterator[Problem]:
    warned: set[Ref] = set()
    for entry in linked.routes.entries:
        policy = linked.routes.policies.get(entry.policy or "")
        if policy is None or not entry.rate_limits or not _passes_anonymous(policy):
            continue
        owner = _owner_of_limits(Ref("Route", entry.namespace, entry.name), linked)
        if owner not in warned and not any(_counts_anonymous(limit, policy) for limit in entry.rate_limits):
            warned.add(owner)
            message = (
                f"counts no request without a token, and mode {policy.mode} lets those pass; add a limit by Client"
            )
            yield Problem(owner, Reason.WARNING, "spec.rateLimit", message)


def _passes_anonymous(policy: Policy) -> bool:
    asks = policy.allow_consumers or policy.allow_groups or policy.allow_claims
    return policy.mode != "Required" and (policy.anonymous_consumer is not None or not asks)


def _counts_anonymous(limit: RateLimit, policy: Policy) -> bool:
    return limit.by in ("Client", "Route") or (limit.by == "Consumer" and policy.anonymous_consumer is not None)


def _owner_of_limits(route: Ref, linked: Linked) -> Ref:
    """The Route, or its Service where the limits are that one's."""
    parsed = linked.resources.valid.get(route)
    if is_a(parsed, Route) and isinstance(parsed.resource.spec.rate_limit, UnsetType):
        return Ref("Service", route.namespace, parsed.resource.spec.service_ref.name)
    return route
