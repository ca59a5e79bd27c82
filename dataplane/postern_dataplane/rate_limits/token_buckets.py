"""The token buckets of a worker: whether a request passes its limits, in bounded memory.

Time is an argument, and nothing is awaited.  What a key is made of, and which limits a request meets, belongs to the
decision.
"""

from __future__ import annotations

import hashlib
import heapq

from .cells import balance
from .limit import KeyedLimits, Limit, Refusal
from .limit_state import LimitState
from .unsent_counts import UnsentCounts

# Buckets of all limits together that are not full. Each takes some 200 bytes.
ENTRIES_MAX = 100_000
# Longer keys are remembered by their digest.
KEY_BYTES_MAX = 64
# Of all entries this part is evicted at once: the limits with most of them are not looked for at each request.
EVICTED_PART = 128
# Limits that were removed are looked for when there are twice as many as there were, and at least so many.
LIMITS_MIN = 1_024


def bounded(key: bytes) -> bytes:
    """The key by which a bucket is remembered."""
    return key if len(key) <= KEY_BYTES_MAX else hashlib.blake2b(key, digest_size=32).digest()


class TokenBuckets:
    """What one worker counts for all limits; it outlives tables.

    There is one bound for all.  Where it is reached, the limits with most entries make some of their own coarse: a
    limit with many keys, whether they are clients or an attacker's, takes nothing from the others.
    """

    def __init__(self, share: float = 1.0, entries_max: int = ENTRIES_MAX) -> None:
        self._share = share
        self._unsent: UnsentCounts | None = None
        self._entries_max = entries_max
        self._entries = 0
        self._states: dict[Limit, LimitState] = {}
        self._forget_at = LIMITS_MIN

    def __len__(self) -> int:
        return self._entries

    @property
    def share(self) -> float:
        """The part of each limit that this worker grants: 1 by the number of all workers of the fleet."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        self._share = share
        self._set_shares()

    def _set_shares(self) -> None:
        for state in self._states.values():
            state.set_share(self._share, is_shared=self.is_shared)

    @property
    def is_shared(self) -> bool:
        """Whether the fleet counts together."""
        return self._unsent is not None

    def join_fleet(self, unsent: UnsentCounts) -> None:
        """Grant all of each limit from now on, and note what passes for the fleet."""
        self._unsent = unsent
        self._set_shares()

    def leave_fleet(self) -> None:
        """Grant this worker's share of each limit; what was spent stays spent."""
        self._unsent = None
        self._set_shares()

    def debt_max_s(self, limit: Limit) -> float:
        """The largest debt that a key of the fleet can have: as if each worker had granted the whole burst at once."""
        return limit.burst * limit.per_s / limit.requests / self._share

    def learn(self, limit: Limit, key: bytes, debt_s: float, now: float) -> None:
        """Take over the fleet's debt of a key where it is larger than the one that this worker knows of."""
        state = self._states.get(limit)
        if state is None or self._unsent is None:
            return
        debt_s = min(debt_s, state.debt_max_s) + self._unsent.of(limit, key) * state.interval_s
        if debt_s > state.debt_s(key, now):
            self._remember(state, key, now, debt_s)

    def refusal(self, limits: KeyedLimits, now: float) -> Refusal | None:
        """Take from each or, if one refuses, from none; returns the refusal with the longest wait, None for none.

        `now` is in seconds of any clock.  This is called for each request: keys must be `bounded` already, and what is
        usual needs no further call.
        """
        refusal: Refusal | None = None
        found = []
        states = self._states
        for limit, key in limits:
            state = states.get(limit)
            if state is None or now >= state.rotates_at:
                state = self._state(limit, now)
            full_at = state.young.get(key)
            if full_at is None:
                debt_s = state.debt_s(key, now)
            else:
                debt_s = full_at - now
                if debt_s > state.debt_max_s:
                    debt_s = state.debt_max_s
                elif debt_s < 0.0:
                    debt_s = 0.0
            debt_s += state.cost_s
            if debt_s > state.tolerance_s:
                refusal = _longest(refusal, Refusal(state.limit, debt_s - state.tolerance_s))
            found.append((state, key, debt_s))
        if refusal is None:
            for state, key, debt_s in found:
                if self._unsent is None and key in state.young:
                    state.put(key, now + debt_s)
                else:
                    # Looked up again, because making room for the last one forgets limits that are empty.
                    self._put(self._state(state.limit, now), key, now, debt_s)
        return refusal

    def _state(self, limit: Limit, now: float) -> LimitState:
        state = self._states.get(limit)
        if state is None:
            if len(self._states) >= self._forget_at:
                self._forget(now)
            state = self._states[limit] = LimitState(limit, self._share, is_shared=self.is_shared)
        elif dropped := state.drop_full(now):
            self._entries -= dropped
        return state

    def _put(self, state: LimitState, key: bytes, now: float, debt_s: float) -> None:
        if self._unsent is not None and not self._unsent.add(state.limit, key):
            # The fleet won't hear of it, so it costs what it costs a worker alone.
            debt_s += state.own_cost_s - state.cost_s
        self._remember(state, key, now, debt_s)

    def _remember(self, state: LimitState, key: bytes, now: float, debt_s: float) -> None:
        is_new = key not in state.young
        state.put(key, now + debt_s)
        if is_new:
            self._entries += 1
            if self._entries > self._entries_max:
                self._make_room(now)

    def _make_room(self, now: float) -> None:
        """Forget what is full, and evict some entries of the limits that have most."""
        self._forget(now)
        largest = [(-len(state), number, state) for number, state in enumerate(self._states.values()) if len(state)]
        heapq.heapify(largest)
        while self._entries > self._entries_max - self._entries_max // EVICTED_PART:
            count, number, state = largest[0]
            self._entries -= 1
            if (cells := state.evict()).is_due:
                balance(cells, [it.cells for it in self._states.values() if it.cells is not None], self._entries_max)
            heapq.heapreplace(largest, (count + 1, number, state))

    def _forget(self, now: float) -> None:
        for state in self._states.values():
            self._entries -= state.drop_full(now)
        self._states = {limit: state for limit, state in self._states.items() if state}
        self._forget_at = max(LIMITS_MIN, 2 * len(self._states))


def _longest(one: Refusal | None, other: Refusal) -> Refusal:
    return other if one is None or other.retry_after_s > one.retry_after_s else one
