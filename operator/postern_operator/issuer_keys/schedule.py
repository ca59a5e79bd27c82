"""When a source is fetched next; pure, all times are of one clock and in seconds.

Rules of this file:
1. A hint, by which strangers can ask for a fetch, counts once in `HINT_EVERY_S` and no attempt is younger than that.
2. A failure that a hint has led to changes nothing about when the next fetch is due by itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from postern_kit.backoff import Backoff

HINT_EVERY_S = 30.0
REFRESH_MIN_S = 60.0
RETRY_FIRST_S = 1.0
RETRY_AT_MOST_S = 300.0
JITTER = 0.1


class Schedule:
    """The times of one source: it is due at once, unless it was fetched before."""

    def __init__(self, due_s: float, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._backoff = Backoff(RETRY_FIRST_S, RETRY_AT_MOST_S, chance)
        self._due_s = due_s
        self._hinted_s: float | None = None
        self._attempted_s = float("-inf")
        self._is_for_hint = False

    @property
    def due_s(self) -> float:
        """When the next attempt is due."""
        return self._due_s if self._hinted_s is None else min(self._due_s, self._hinted_s)

    def hint(self, now_s: float) -> None:
        """Note that keys may have changed."""
        if self._hinted_s is None:
            self._hinted_s = max(now_s, self._attempted_s + HINT_EVERY_S)

    def begin(self, now_s: float) -> None:
        """Note that an attempt begins."""
        self._is_for_hint = self._hinted_s is not None and now_s < self._due_s
        self._attempted_s, self._hinted_s = now_s, None

    def succeeded(self, now_s: float, refresh_s: float, max_age_s: float | None = None) -> None:
        """Note a good answer; how long it may be kept may shorten the interval, and never lengthens it."""
        self._backoff.succeeded()
        kept_s = refresh_s if max_age_s is None else min(refresh_s, max(max_age_s, REFRESH_MIN_S))
        # Never later: keys may expire as soon as they are due.
        self._due_s = now_s + kept_s * (1 - JITTER * self._chance())

    def shorten(self, due_s: float) -> None:
        """Note that the interval is another one now: what is due sooner is; edits count no more often than hints."""
        self._due_s = min(self._due_s, max(due_s, self._attempted_s + HINT_EVERY_S))

    def failed(self, now_s: float, refresh_s: float) -> None:
        """Note a failure: ever longer waits, though none beyond the interval."""
        if not self._is_for_hint:
            self._due_s = now_s + min(self._backoff.next_s(), refresh_s)
