"""Remembers what was found out about a token, so that a signature is verified once and not per request.

A cache belongs to one table: `ActiveTable` drops it with the table, so that no
verdict outlives a reload, a revocation or a new key.  Refused tokens are kept apart from good ones, so that
garbage can't push good ones out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Verdict(Protocol):
    """What was found out about a token; `logged_bytes` is the memory of what the log has of it."""

    @property
    def logged_bytes(self) -> int: ...


Good = TypeVar("Good", bound=Verdict)
Bad = TypeVar("Bad", bound=Verdict)

# So many tokens of a kilobyte, or fewer of longer ones.
GOOD_MAX = 8192
BAD_MAX = 2048
GOOD_BYTES_MAX = 20 * 2**20
BAD_BYTES_MAX = 4 * 2**20
# Longer tokens are verified each time: few are, and they would fill the memory.
TOKEN_BYTES_MAX = 4096

Key = tuple[str, str]


class TwoGenerationCache(Generic[K, V]):
    """A bounded mapping that forgets what was not asked for lately: two halves, of which the older is dropped whole.

    The bounds are a number of entries and their bytes together, by `size_of`; one entry that is larger than a half has
    the half for itself.
    """

    __slots__ = ("_half", "_half_bytes", "_old", "_size_of", "_young", "_young_bytes")

    def __init__(self, entries_max: int, bytes_max: int, size_of: Callable[[K, V], int]) -> None:
        self._half = entries_max // 2
        self._half_bytes = bytes_max // 2
        self._size_of = size_of
        self._young_bytes = 0
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
        size = self._size_of(key, value)
        if len(self._young) >= self._half or (self._young and self._young_bytes + size > self._half_bytes):
            self._old, self._young, self._young_bytes = self._young, {}, 0
        self._young_bytes += size
        self._young[key] = value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class VerificationCache(Generic[Good, Bad]):
    """What is known of tokens, by policy id and token; `hits` and `misses` count for the metrics."""

    __slots__ = ("bad", "good", "hits", "misses")

    def __init__(self) -> None:
        self.good: TwoGenerationCache[Key, Good] = TwoGenerationCache(GOOD_MAX, GOOD_BYTES_MAX, _good_bytes)
        self.bad: TwoGenerationCache[Key, Bad] = TwoGenerationCache(BAD_MAX, BAD_BYTES_MAX, _bad_bytes)
        self.hits = 0
        self.misses = 0


def _good_bytes(key: Key, verdict: Verdict) -> int:
    # The token, the lines that are made of its claims, and the objects around them; the log has texts of its own.
    return 2 * len(key[1]) + verdict.logged_bytes + 512


def _bad_bytes(key: Key, verdict: Verdict) -> int:
    return len(key[1]) + verdict.logged_bytes + 512


class _NullGeneration(TwoGenerationCache[K, V]):
    """Remembers nothing."""

    __slots__ = ()

    def put(self, _key: K, _value: V) -> None:
        pass


class NullCache(VerificationCache[Good, Bad]):
    """A cache that is off: every token is verified."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self.good = _NullGeneration(0, 0, _good_bytes)
        self.bad = _NullGeneration(0, 0, _bad_bytes)
