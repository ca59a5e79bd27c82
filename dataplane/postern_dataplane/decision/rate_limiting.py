"""Counts a request that was decided about, and refuses it where one of its limits is reached.

This is no part of `decide`, whose decisions are remembered: a remembered one is counted again each time.
"""

from __future__ import annotations

import math

from postern_dataplane.rate_limits.limit import Refusal
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.request.denials import RATE_LIMITED
from postern_dataplane.request.field_layout import Fields

from .outcome import Outcome, Reject


def within_limits(outcome: Outcome, buckets: TokenBuckets, now_s: float) -> Outcome:
    """The outcome, or the refusal of a request that is one too many; it is charged to all limits or to none.

    A refusal of the caller is counted and replaced too: guessing tokens is limited, and a client beyond its limit does
    not learn whether a token is good.
    """
    refusal = buckets.refusal(outcome.counted, now_s)
    if refusal is None or outcome.route is None or outcome.route.rate_limits is None:
        return outcome
    name, policy = outcome.route.rate_limits.policies[refusal.limit]
    return Reject(
        RATE_LIMITED, outcome.route, cors=outcome.cors, limits=_fields(refusal, name, policy), identity=outcome.identity
    )


def _fields(refusal: Refusal, name: bytes, policy: bytes) -> Fields:
    """When to come back: RFC 9110, section 10.2.3, and draft-ietf-httpapi-ratelimit-headers-11.

    They are those of the limit with the longest wait; others of the request may be closed as well.
    """
    wait_s = max(1, math.ceil(refusal.retry_after_s))
    return (
        (b"Retry-After", b"%d" % wait_s),
        (b"RateLimit-Policy", policy),
        (b"RateLimit", b"%b;r=0;t=%d" % (name, wait_s)),
    )
