"""The entries of a snapshot that say how often requests may come."""

from __future__ import annotations

from typing import Literal

from .snapshot_entry import Entry

LimitKey = Literal["Consumer", "Client", "Route", "Claim"]


class RateLimit(Entry, frozen=True):
    """A token bucket for each value of a key: `requests` in `per_ms`, by the whole fleet, and `burst` at once.

    `id` is what its buckets belong to, `Kind/namespace/name/index`: routes whose limits have one id count together.
    By `Route` each route counts on its own.  `claim` is the path to the member that is the key of `by` Claim.
    """

    id: str
    by: LimitKey
    requests: int
    per_ms: int
    burst: int
    claim: tuple[str, ...] = ()
