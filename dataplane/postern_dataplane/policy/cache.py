"""Remembers what was found out about a token, so that a signature is verified once and not per request.

A cache belongs to one table and dies with it: a reload, a revocation or a new
key can't be outlived.  Refused tokens are kept apart from good ones, so that
garbage can't push good ones out.
"""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# Tokens of a kilobyte make 16 MB of the first and 4 MB of the second.
GOOD_MAX = 8192
BAD_MAX = 2048
# Longer tokens are verified each time: few are, and they would fill the memory.
TOKEN_BYTES_MAX = 4096

Key = tuple[str, str]


class Generations(Generic[K, V]):
    """A bounded mapping that forgets what was not asked for lately: two halves, of which the older is dropped whole."""

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, entries_max: int) -> None:
        self._half = entries_max // 2
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What is remembered, None for nothing."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember; the half that was asked for least lately is dropped when there is no room."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class TokenCache(Generic[V]):
    """What is known of tokens, by policy id and token; `hits` and `misses` count for the metrics."""

    __slots__ = ("bad", "good", "hits", "misses")

    def __init__(self) -> None:
        self.good: Generations[Key, V] = Generations(GOOD_MAX)
        self.bad: Generations[Key, str] = Generations(BAD_MAX)
        self.hits = 0
        self.misses = 0
