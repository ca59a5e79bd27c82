"""How long to wait before something is tried again: ever longer, but never long."""

from __future__ import annotations

import random

# Short at first, because most troubles are over at once; five seconds at most, so that a change reaches the proxy soon
# after the API server is back.
STEPS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Backoff:
    """The waits of one loop."""

    def __init__(self, steps_s: tuple[float, ...] = STEPS_S) -> None:
        self._steps_s = steps_s
        self._failures = 0

    def next_s(self) -> float:
        """How long to wait now: half of the step at least, so that a fleet does not come back as one."""
        step_s = self._steps_s[min(self._failures, len(self._steps_s) - 1)]
        self._failures += 1
        return step_s * random.uniform(0.5, 1.0)  # noqa: S311 # nobody gains from guessing it

    def reset(self) -> None:
        """Begin with the shortest wait again."""
        self._failures = 0
