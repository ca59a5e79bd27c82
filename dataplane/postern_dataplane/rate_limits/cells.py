"""When evicted buckets are full again, coarsely: keys may share the debt of others, and none loses its own.

A bloom filter of times: each key has two cells, which keep the latest of the times that were added to them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

# For each entry of a limit when its first one is evicted. An entry takes some 200 bytes, a cell 8.
CELLS_PER_ENTRY = 4
# Doubled when fewer are left for each key. What is shared stays shared, so this is long before most are taken.
CELLS_PER_EVICTED = 16
# All limits together have the cells of so many that take the most that one can have.
LARGEST_LIMITS = 4


class Cells:
    """The cells of one limit; their number is a power of two."""

    __slots__ = ("_evicted", "_full_at", "all_full_at")

    def __init__(self, entries: int) -> None:
        self._full_at = array("d", bytes(8 << (CELLS_PER_ENTRY * entries - 1).bit_length()))
        self._evicted = 0
        self.all_full_at = 0.0

    def __len__(self) -> int:
        return len(self._full_at)

    @property
    def is_due(self) -> bool:
        """Whether to `balance` them: seldom, for that looks at all limits."""
        return self._evicted.bit_count() == 1

    @property
    def is_crowded(self) -> bool:
        """Whether too many keys share them."""
        return self._evicted >= len(self) // CELLS_PER_EVICTED

    def full_at(self, key: bytes) -> float:
        """When the bucket of a key is full, or later."""
        return min(self._full_at[index] for index in self._indexes(key))

    def add(self, key: bytes, full_at: float) -> None:
        """Keep the time of a bucket that is evicted."""
        self._evicted += 1
        for index in self._indexes(key):
            self._full_at[index] = max(self._full_at[index], full_at)
        self.all_full_at = max(self.all_full_at, full_at)

    def double(self) -> None:
        """Share less from now on: a key finds the times of its two cells in two of the double number."""
        self._full_at *= 2

    def halve(self) -> None:
        """Share more."""
        half = len(self) // 2
        self._full_at = array("d", map(max, self._full_at[:half], self._full_at[half:]))

    def _indexes(self, key: bytes) -> tuple[int, int]:
        # Python's hash of bytes is SipHash with a secret of the process: clients choose no collisions.
        hashed = hash(key)
        return hashed % len(self._full_at), (hashed >> 32) % len(self._full_at)


def balance(one: Cells, every: Sequence[Cells], entries_max: int) -> None:
    """Double one that is crowded; where every limit's take too much, those of the limit with the most are halved."""
    one_max = CELLS_PER_ENTRY * entries_max
    all_max = LARGEST_LIMITS * one_max
    total = sum(map(len, every))
    # At the cost of four times as many, which are no fewer when they are halved: two limits never take turns.
    has_room = total + len(one) <= all_max or 4 * len(one) <= max(map(len, every))
    if one.is_crowded and len(one) < one_max and has_room:
        total += len(one)
        one.double()
    while total > all_max and len(most := max(every, key=len)) > CELLS_PER_ENTRY:
        most.halve()
        total -= len(most)
