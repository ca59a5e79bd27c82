"""The memory that the connections of one worker may hold together, and which is evicted when it is used up.

A connection is charged for what it makes the worker keep: itself, the part of a head that has come, the bytes that wait
behind a request, and those that the client does not take.  Past the limit the largest is evicted first, of equals the
oldest: a client that sends an ordinary head stays while others hold much.

Rules of this file:
1. No step takes longer because there are more connections: holders lie in ranks by size, the oldest of a rank first.
2. A weight may be out of date.  It is taken again before a holder is evicted for it, and of all holders in turn.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import NamedTuple, Protocol

# How many holders are weighed anew at each sweep, at up to a microsecond each: of more than a hundred a tenth, so that
# each is weighed once a second; of more than ten thousand as many as requests can wait for.
REVIEWED_AT_LEAST = 100
REVIEWED_AT_MOST = 1_000
SWEEPS_A_SECOND = 10
# How many that do no harm are passed over, at most, in search of one to evict.
SPARED_AT_ONCE = 32


class Weight(NamedTuple):
    """The memory that a holder takes, and by which size it is compared with others."""

    size_bytes: int
    compared_bytes: int


class Holder(Protocol):
    """A connection that is charged for its memory."""

    @property
    def is_spared(self) -> bool:
        """Whether others of the same rank go first."""

    def weight(self) -> Weight:
        """The memory that it holds now."""

    def evict(self) -> None:
        """End at once; it is charged no more."""


class Budget:
    """The holders of a worker, by what they hold."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        # Ordered dictionaries, because a dictionary looks for its first key from the place where its first ever was.
        # The next to be reviewed is the first.
        self._weights: OrderedDict[Holder, Weight] = OrderedDict()
        self._ranks: list[OrderedDict[Holder, None]] = [OrderedDict() for _ in range(64)]

    def open(self, holder: Holder, weight: Weight) -> None:
        """Charge a new holder; others, or this one, are evicted where there is no room."""
        self._weights[holder] = weight
        self.used_bytes += weight.size_bytes
        self._ranks[weight.compared_bytes.bit_length()][holder] = None
        if self.used_bytes > self.limit_bytes:
            self._make_room()

    def close(self, holder: Holder) -> None:
        """Charge no more for a holder, if it was charged."""
        weight = self._weights.pop(holder, None)
        if weight is not None:
            self.used_bytes -= weight.size_bytes
            del self._ranks[weight.compared_bytes.bit_length()][holder]

    def weigh(self, holder: Holder) -> None:
        """Charge a holder for what it holds now; it, or others, are evicted where there is no room."""
        if holder in self._weights:
            self._update(holder)
            self._make_room()

    def review(self) -> None:
        """Weigh the next of all holders: some change without calling `weigh`."""
        count = min(max(REVIEWED_AT_LEAST, len(self._weights) // SWEEPS_A_SECOND), REVIEWED_AT_MOST)
        for holder in list(islice(self._weights, count)):
            self._weights.move_to_end(holder)
            self._update(holder)
        self._make_room()

    def _update(self, holder: Holder) -> bool:
        """Take a holder's weight anew; returns whether that changed its rank."""
        old = self._weights[holder]
        new = holder.weight()
        if new == old:
            return False
        self._weights[holder] = new
        self.used_bytes += new.size_bytes - old.size_bytes
        before, after = (self._ranks[weight.compared_bytes.bit_length()] for weight in (old, new))
        if before is after:
            return False
        del before[holder]
        after[holder] = None
        return True

    def _make_room(self) -> None:
        while self.used_bytes > self.limit_bytes:
            holder = self._next_to_go()
            if holder is None:
                return
            self.close(holder)
            holder.evict()

    def _next_to_go(self) -> Holder | None:
        """The oldest of the highest rank that is not spared; None when there is room, or no holder is left."""
        spared = 0
        while rank := next((rank for rank in reversed(self._ranks) if rank), None):
            holder = next(iter(rank))
            if self._update(holder):
                if self.used_bytes <= self.limit_bytes:
                    return None
                continue
            if spared == SPARED_AT_ONCE or not holder.is_spared:
                return holder
            spared += 1
            rank.move_to_end(holder)
        return None
