"""What a worker remembers of one limit: for each key, when its bucket is full again.

A bucket that is full is the same as one that was never used, and is forgotten.  Which limits there are, and how much
all of them may remember together, belongs in `token_buckets`.
"""

from __future__ import annotations

from .cells import Cells
from .limit import Limit

# How often entries are looked at for being full, at the most.
ROTATION_S = 1.0
# Sums of floats differ from their products by less than this, in requests.
ROUNDING = 1e-6


class LimitState:
    """The buckets of a limit's keys.

    A bucket is one number, as in the generic cell rate algorithm (ITU-T I.371): the time when it will be full.  The
    time from now until then is its debt; a request adds its cost to it, and passes if the sum stays within the
    tolerance.  Times are those of the whole fleet's limit, so debts stay true when the worker's share changes.

    Entries lie in two generations.  The old one is dropped whole when the last of it is full, so nothing is searched.
    An entry that is evicted before leaves its time in `cells`, with which a key without an entry begins.
    """

    __slots__ = ("_old", "cells", "cost_s", "debt_max_s", "interval_s", "limit", "own_cost_s",
                 "rotates_at", "tolerance_s", "young", "young_full_at")  # fmt: skip

    def __init__(self, limit: Limit, share: float, *, is_shared: bool = False) -> None:
        self.limit = limit
        self.interval_s = limit.per_s / limit.requests
        self.young: dict[bytes, float] = {}
        self._old: dict[bytes, float] = {}
        self.young_full_at = self.rotates_at = 0.0
        self.cells: Cells | None = None
        self.set_share(share, is_shared=is_shared)

    def set_share(self, share: float, *, is_shared: bool) -> None:
        """Let a request cost as much as it takes this share of the fleet to earn it, or the fleet, if that is known."""
        self.own_cost_s = self.interval_s / share
        self.cost_s = self.interval_s if is_shared else self.own_cost_s
        # One request at a time must pass, however small the share of the burst.
        tolerance_s = max(self.limit.burst * self.interval_s, self.cost_s)
        self.tolerance_s = tolerance_s + ROUNDING * self.interval_s
        # As if all workers had granted the whole burst before they heard of each other.
        self.debt_max_s = self.limit.burst * self.own_cost_s

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    def __bool__(self) -> bool:
        """Whether there is anything to remember."""
        return bool(self.young or self._old or self.cells)

    def debt_s(self, key: bytes, now: float) -> float:
        """How long the bucket takes to be full."""
        full_at = self.young.get(key)
        if full_at is None:
            full_at = self._old.pop(key, None)
            if full_at is not None:
                self.young[key] = full_at
                self.young_full_at = max(self.young_full_at, full_at)
            elif self.cells is not None:
                full_at = self.cells.full_at(key)
            else:
                return 0.0
        # The bound counts where the worker's share has grown.
        return min(full_at - now, self.debt_max_s) if full_at > now else 0.0

    def put(self, key: bytes, full_at: float) -> None:
        """Remember when a bucket is full."""
        self.young[key] = full_at
        if full_at > self.young_full_at:  # noqa: PLR1730 - half the price of max(), for each request
            self.young_full_at = full_at

    def drop_full(self, now: float) -> int:
        """Forget a generation whose buckets are all full; returns how many there were."""
        if now < self.rotates_at:
            return 0
        count = len(self)
        if now >= self.young_full_at:
            self.young = {}
        self._rotate()
        self.rotates_at = max(self.rotates_at, now + ROTATION_S)
        if self.cells is not None and now >= self.cells.all_full_at:
            self.cells = None
        return count - len(self)

    def evict(self) -> Cells:
        """Make one of the older entries coarse, of which there must be one; returns the cells that it went to."""
        if not self._old:
            self._rotate()
        if self.cells is None:
            self.cells = Cells(len(self))
        self.cells.add(*self._old.popitem())
        return self.cells

    def _rotate(self) -> None:
        self._old, self.young = self.young, {}
        self.rotates_at, self.young_full_at = self.young_full_at, 0.0
