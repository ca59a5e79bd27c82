"""The rate limits of a route, ready to be counted: by what is known of every request, and by what a token says.

How many requests pass belongs in `rate_limits`, the package; which keys a request has, in `decision.limit_keys`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from postern_core.claim_values import scalar_text
from postern_core.snapshot_rate_limits import RateLimit
from postern_dataplane.jwt.claim_values import Claims, claim_at
from postern_dataplane.rate_limits.limit import KeyedLimits, Limit
from postern_dataplane.rate_limits.token_buckets import bounded

# The key of all tokens that lack a claim: one without it is no way around its limit.
ABSENT = b"-"
_PRESENT = b"="


class CountedClaims:
    """The claims by which the requests of a route are counted, to be remembered with a token.

    `scope` names the policy and the claims: what is remembered of a token under it has these keys, and no others.
    """

    __slots__ = ("_paths", "scope")

    def __init__(self, policy: str, paths: Sequence[tuple[str, ...]]) -> None:
        self._paths = tuple(paths)
        self.scope = f"{policy} {msgspec.json.encode(self._paths).decode()}"

    def keys(self, claims: Claims) -> tuple[bytes, ...]:
        """The key of each claim, in their order."""
        return tuple(_claim_key(scalar_text(claim_at(path, claims))) for path in self._paths)


class CompiledRateLimits:
    """The limits of a route by the key that each counts by; `claims` is None where none does by a claim.

    `by_route` are with their key, which is always the same.  `by_claim` are in the order of the keys of `claims`.
    `policies` are what an answer says of each limit, as an item of a structured field: a name that means something on
    this route only, for an id would tell the names of objects.
    """

    __slots__ = ("by_claim", "by_client", "by_consumer", "by_route", "claims", "policies")

    def __init__(self, entries: Sequence[RateLimit], route: str, policy: str | None) -> None:
        limits = {entry: limit_of(entry) for entry in entries}
        self.by_route: KeyedLimits = tuple((limits[it], bounded(route.encode())) for it in entries if it.by == "Route")
        self.by_client = tuple(limits[it] for it in entries if it.by == "Client")
        self.by_consumer = tuple(limits[it] for it in entries if it.by == "Consumer")
        by_claim = [it for it in entries if it.by == "Claim"]
        self.by_claim = tuple(limits[it] for it in by_claim)
        self.claims = CountedClaims(policy or "", [it.claim for it in by_claim]) if by_claim else None
        self.policies = _policies(limits)


def limit_of(entry: RateLimit) -> Limit:
    """A limit as it is counted: one that counts by another key is another limit."""
    by = f"{entry.by} {msgspec.json.encode(entry.claim).decode()}" if entry.claim else entry.by
    return Limit(f"{entry.id} {by}", entry.requests, entry.per_ms / 1000, entry.burst)


def compiled_rate_limits(entries: Sequence[RateLimit], route: str, policy: str | None) -> CompiledRateLimits | None:
    """The limits of a route, None where there are none."""
    return CompiledRateLimits(entries, route, policy) if entries else None


def _claim_key(text: str | None) -> bytes:
    # Half of a surrogate pair is a text as well.
    return ABSENT if text is None else bounded(_PRESENT + text.encode("utf-8", "surrogatepass"))


def _policies(limits: dict[RateLimit, Limit]) -> dict[Limit, tuple[bytes, bytes]]:
    """The name of each limit, and its quota and window in whole seconds."""
    found: dict[Limit, tuple[bytes, bytes]] = {}
    names: set[str] = set()
    for entry, limit in limits.items():
        name, number = entry.by.lower(), 1
        while name in names:
            number += 1
            name = f"{entry.by.lower()}-{number}"
        names.add(name)
        # The draft's window is an integer of seconds, and may be left out.
        window = f";w={entry.per_ms // 1000}" if entry.per_ms % 1000 == 0 else ""
        item = f'"{name}"'
        found[limit] = (item.encode(), f"{item};q={entry.requests}{window}".encode())
    return found
