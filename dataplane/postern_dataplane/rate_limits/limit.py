"""A limit, and its refusal of a request: values, which the table prepares and the decision reads."""

from __future__ import annotations

import msgspec


class Limit(msgspec.Struct, frozen=True, cache_hash=True):
    """So many requests in so many seconds for each key, by the whole fleet together.

    `id` names the object and the place in it.  Buckets belong to limits that are equal: they outlive a reload that
    leaves a limit as it was, and a limit that was changed begins with full ones.
    """

    id: str
    requests: int
    per_s: float
    burst: int
    """How many may come at once."""


# Limits that a request meets, each with the key of its bucket.
KeyedLimits = tuple[tuple[Limit, bytes], ...]


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A limit that has no request left, and when it has one again."""

    limit: Limit
    retry_after_s: float
