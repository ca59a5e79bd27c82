"""Requests that meet one limit, as the decision counts each of them."""

from __future__ import annotations

from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.token_buckets import TokenBuckets


def takes(buckets: TokenBuckets, limit: Limit, key: bytes = b"a", now: float = 0.0) -> bool:
    """Whether a request passes, which takes it out of the key's bucket."""
    return buckets.refusal(((limit, key),), now) is None


def passed(buckets: TokenBuckets, limit: Limit, key: bytes = b"a", *, times: int, now: float = 0.0) -> int:
    """How many of so many requests at once pass."""
    return sum(takes(buckets, limit, key, now) for _ in range(times))
