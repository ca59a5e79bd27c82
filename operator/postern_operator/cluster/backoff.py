"""How long to wait before something that failed is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 0.2
# The API server may be away for minutes; when it is back, nobody wants to wait longer than this.
AT_MOST_S = 5.0


class Backoff:
    """Pauses that double up to a bound, each shortened by chance so that replicas don't come in step."""

    def __init__(
        self, first_s: float = FIRST_S, at_most_s: float = AT_MOST_S, chance: Callable[[], float] = random.random
    ) -> None:
        self._first_s = first_s
        self._at_most_s = at_most_s
        self._chance = chance
        self.failures = 0

    def next_s(self) -> float:
        """Note a failure; gives how long to wait after it."""
        self.failures += 1
        whole = min(self._first_s * 2.0 ** min(self.failures - 1, 30), self._at_most_s)
        return whole * (0.5 + self._chance() / 2)

    def succeeded(self) -> None:
        self.failures = 0
