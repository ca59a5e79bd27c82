"""The least processor time of something that is run several times, as where nothing else runs.

Two processes that share a core's caches slow each other down, in processor time as well, up to twice and for minutes.
So a standard piece of work is timed beside each run, and what was measured is divided by how much longer than usual
the standard took.  A machine on which it takes less than usual changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# What the standard takes where nothing else runs, on the machine that the limits of tests were written for.
STANDARD_S = 0.00044


def standard() -> list[str]:
    """Work of the kind that a request makes: texts, lists and names in a dictionary."""
    seen: dict[str, list[str] | bytes] = {}
    text = "a,b;c=d " * 50
    for number in range(300):
        name = f"x{number}"
        parts = text[number % 50 :].split(";")[:3]
        seen[name] = name.encode() if parts[0].startswith("b") else parts
    return sorted(seen)


class LeastTime:
    """Keeps the times of runs, in seconds of this thread, and returns the least."""

    def __init__(self) -> None:
        self._runs: list[float] = []
        self._standards: list[float] = []

    def measure(self, work: Callable[[], object]) -> None:
        """Runs it once."""
        began = time.thread_time()
        work()
        self.keep(time.thread_time() - began)

    def keep(self, seconds: float) -> None:
        """Keeps a time that was measured elsewhere, just now."""
        self._runs.append(seconds)
        began = time.thread_time()
        standard()
        self._standards.append(time.thread_time() - began)

    @property
    def seconds(self) -> float:
        """The least run, as where nothing else runs."""
        return min(self._runs) / max(1.0, min(self._standards) / STANDARD_S)
