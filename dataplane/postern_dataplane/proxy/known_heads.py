"""Remembers heads together with what was decided about them, so that the same request is not read again.

Rules of this file:
1. Only a packet that was one whole request, a head without a body, is remembered: the same bytes have the same reading.
2. What is remembered belongs to one table and one way in, as the decision does, and ends when the request's token does.
3. Refused requests are kept apart, so that garbage can't push the others out.
4. A head is remembered when it comes the second time: of those that never come again, keeping them would cost as much
   as it saves of the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from postern_dataplane.config.table import Table
from postern_dataplane.policy.cache import Generations
from postern_dataplane.policy.decide import decide
from postern_dataplane.policy.decision import Decision, Forward, RequestHead

# Heads of a kilobyte make some 6 MB of the first and 1 MB of the second, with what was made of them.
PASSING_MAX = 2048
REFUSED_MAX = 512
# How many heads are known to have come once, each by a number.
ONCE_MAX = 16_384
# Longer ones are read each time: few are, and they would fill the memory.
HEAD_BYTES_MAX = 2048

# The way in (who asks, and at which door), and the packet.
Key = tuple[str, bytes]


@dataclass(slots=True)
class KnownHead:
    """A head, its host for the log, the decision, and whether a token was looked up for that."""

    head: RequestHead
    host: str
    decision: Decision
    has_token: bool


class KnownHeads:
    """The heads that one worker has seen lately."""

    __slots__ = ("_once", "_passing", "_refused", "_table")

    def __init__(self) -> None:
        self._begin(None)

    def _begin(self, table: Table | None) -> None:
        self._table = table
        self._once: set[int] = set()
        self._passing: Generations[Key, KnownHead] = Generations(PASSING_MAX)
        self._refused: Generations[Key, KnownHead] = Generations(REFUSED_MAX)

    def find(self, table: Table | None, key: Key, now_s: float) -> KnownHead | None:
        """What is known of a packet, None for nothing; counts the token that need not be looked up."""
        if table is not self._table or table is None or len(key[1]) > HEAD_BYTES_MAX:
            return None
        known = self._passing.get(key) or self._refused.get(key)
        if known is None or now_s >= known.decision.until:
            return None
        if known.has_token:
            table.token_cache.hits += 1
        return known

    def decide(self, table: Table, key: Key, head: RequestHead, host: str, now_s: float) -> Decision:
        """Decide about a head, and remember it where its packet is there: all of the request, and nothing else."""
        cache = table.token_cache
        lookups = cache.hits + cache.misses
        decision = decide(head, table, now_s)
        if decision.until and 0 < len(key[1]) <= HEAD_BYTES_MAX:
            if table is not self._table:
                self._begin(table)
            if self._has_come(key):
                known = KnownHead(head, host, decision, has_token=cache.hits + cache.misses > lookups)
                (self._passing if isinstance(decision, Forward) else self._refused).put(key, known)
        return decision

    def _has_come(self, key: Key) -> bool:
        """Whether the packet has come before, and note that it has; wrong at times, which costs a place and no more."""
        number = hash(key)
        if number in self._once:
            return True
        if len(self._once) >= ONCE_MAX:
            self._once.clear()
        self._once.add(number)
        return False
