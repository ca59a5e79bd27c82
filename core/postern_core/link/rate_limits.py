"""A `rateLimit` list, resolved into the limits of routes."""

from __future__ import annotations

from msgspec import UnsetType

from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.rate_limit import RateLimit as RateLimitBlock
from postern_core.resources.route import RouteSpec
from postern_core.resources.types import milliseconds
from postern_core.snapshot_rate_limits import RateLimit

# What only a token says.
OF_TOKENS = ("Consumer", "Claim")


def link_rate_limits(owner: Ref, limits: tuple[RateLimitBlock, ...] | UnsetType) -> tuple[RateLimit, ...]:
    """The limits as routes have them; those of a Service are the same in each of its routes, and count together."""
    return tuple(_linked(owner, index, limit) for index, limit in enumerate(limits or ()))


def _linked(owner: Ref, index: int, limit: RateLimitBlock) -> RateLimit:
    return RateLimit(
        id=f"{owner.id}/{index}",
        by=limit.by,
        requests=limit.requests,
        per_ms=milliseconds(limit.per),
        burst=limit.requests if limit.burst is None else limit.burst,
        claim=limit.claim or (),
    )


def limits_without_tokens(ref: Ref, spec: RouteSpec, service: Ref, inherited: tuple[RateLimit, ...]) -> Problem | None:
    """Why a Route that looks at no token can't have its limits, its own or its Service's: one would never count."""
    own = not isinstance(spec.rate_limit, UnsetType)
    limits = link_rate_limits(ref, spec.rate_limit) if own else inherited
    index, by = next(((at, it.by) for at, it in enumerate(limits) if it.by in OF_TOKENS), (0, None))
    if by is None:
        return None
    wrong = f"counts by {by}, which only a token says, and this Route looks at none"
    if own:
        # Of a Route with auth of its own nothing else can be changed to mend it.
        reason = Reason.INVALID if spec.auth else Reason.SERVICE_INVALID
        return Problem(ref, reason, f"spec.rateLimit[{index}].by", f"{wrong}; add auth.jwt, or count by Client")
    message = f"rateLimit[{index}] of {service} {wrong}; add auth.jwt, or a rateLimit of its own, such as []"
    return Problem(ref, Reason.SERVICE_INVALID, "spec.serviceRef", message, (service,))
