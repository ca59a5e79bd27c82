"""How fast the operator writes what is not urgent: so many at once, then so many a second.

Pure: the time is passed in, in seconds of one clock.
"""

from __future__ import annotations


class TokenBucket:
    """A bucket of permits that fills up evenly."""

    def __init__(self, per_s: float, at_once: int) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._permits = float(at_once)
        self._filled_at = 0.0

    def take(self, now: float) -> bool:
        """Take a permit if there is one."""
        self._fill(now)
        if self._permits < 1:
            return False
        self._permits -= 1
        return True

    def next_in(self, now: float) -> float:
        """How long until there is a permit, 0 when there is one."""
        self._fill(now)
        return max(0.0, (1 - self._permits) / self._per_s)

    def _fill(self, now: float) -> None:
        gained = max(0.0, now - self._filled_at) * self._per_s
        self._permits = min(self._at_once, self._permits + gained)
        self._filled_at = max(now, self._filled_at)
