"""What a worker has counted and not yet sent to the store that it shares with the fleet."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from .limit import Limit

# Keys that wait to be sent. Beyond it, requests are counted for the worker alone.
KEYS_MAX = 5_000


class Spent(NamedTuple):
    """So many requests of one key that passed one limit."""

    limit: Limit
    key: bytes
    requests: int


class UnsentCounts:
    """The requests that passed since the last batch, by limit and key; bounded."""

    __slots__ = ("_counts", "_keys_max")

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._counts: dict[tuple[Limit, bytes], int] = {}
        self._keys_max = keys_max

    def add(self, limit: Limit, key: bytes) -> bool:
        """Count a request; false where there is no room for its key."""
        counts, name = self._counts, (limit, key)
        count = counts.get(name, 0)
        if not count and len(counts) >= self._keys_max:
            return False
        counts[name] = count + 1
        return True

    def of(self, limit: Limit, key: bytes) -> int:
        """How many requests of a key wait to be sent."""
        return self._counts.get((limit, key), 0)

    def take(self, keys_max: int) -> list[Spent]:
        """Take a batch away, the oldest first."""
        names = list(itertools.islice(self._counts, keys_max))
        return [Spent(limit, key, self._counts.pop((limit, key))) for limit, key in names]
