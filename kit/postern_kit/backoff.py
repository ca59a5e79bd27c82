"""How long to wait before something that failed is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable

# Most failures are over at once.
FIRST_S = 0.1
# The API server may be away for minutes; once it is back, a change should reach the gateway within seconds.
AT_MOST_S = 5.0


class Backoff:
    """The waits of one loop: they double up to a bound, and jitter keeps replicas from coming back in step."""

    def __init__(
        self, first_s: float = FIRST_S, at_most_s: float = AT_MOST_S, chance: Callable[[], float] = random.random
    ) -> None:
        self._first_s = first_s
        self._at_most_s = at_most_s
        self._chance = chance
        self.failures = 0

    def next_s(self) -> float:
        """Count a failure and return how long to wait after it: between half of the step and all of it."""
        self.failures += 1
        step_s = min(self._first_s * 2.0 ** min(self.failures - 1, 30), self._at_most_s)
        return step_s * (0.5 + self._chance() / 2)

    def succeeded(self) -> None:
        """Begin with the shortest wait again."""
        self.failures = 0
