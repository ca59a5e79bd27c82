"""What can be wrong with a `rateLimit` list by itself."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.rate_limit import PER_MAX, PER_MIN, RateLimit
from postern_core.resources.types import milliseconds

AT = "spec.rateLimit"


def rate_limits_are_wrong(limits: tuple[RateLimit, ...]) -> Iterator[tuple[str, str]]:
    """Every violation of a `rateLimit` list; the fields are below `spec.rateLimit`."""
    for index, limit in enumerate(limits):
        for violation in RATE_LIMIT_CHECKS:
            for field, message in violation(limit):
                yield f"{AT}[{index}]{field}", message


def claim_and_key_disagree(limit: RateLimit) -> Iterator[tuple[str, str]]:
    if (limit.claim is not None) != (limit.by == "Claim"):
        yield "", "must have claim where by is Claim, and nowhere else"


def time_is_out_of_bounds(limit: RateLimit) -> Iterator[tuple[str, str]]:
    if not milliseconds(PER_MIN) <= milliseconds(limit.per) <= milliseconds(PER_MAX):
        yield ".per", f"must be {PER_MIN} to {PER_MAX}"


RATE_LIMIT_CHECKS = (claim_and_key_disagree, time_is_out_of_bounds)
