"""By how many pods the rate limits of a gateway are divided: those that are ready, but slower than they come and go.

Pure.  Each number is another index, which every pod reads, and for as long as it is too small the fleet grants too
much.  So pods count as soon as they are there, and still for a while when they are not.
"""

from __future__ import annotations

import math
from dataclasses import replace

from postern_core.codec import with_pods
from postern_operator.build import BuildResult

# Pods that start together are ready one after the other.
CHANGES_EVERY_S = 10.0
# A pod is replaced, or fails its probe for a moment, within less.
SHRINKS_AFTER_S = 30.0


class PodCount:
    """The number of pods of one gateway; all times are of one clock, in seconds."""

    def __init__(self) -> None:
        self._pods = 0
        self._changed_at_s = -math.inf
        # Since when there have been fewer, and the most of them since.
        self._fewer: tuple[float, int] | None = None

    def divided(self, built: BuildResult, ready: int, now_s: float) -> BuildResult:
        """Return the build for so many ready pods; the very same one where it has no limit, or has the number."""
        if not built.is_limited:
            return built
        self._note(ready, now_s)
        return built if built.pods == self._pods else self._with_number(built)

    def _with_number(self, built: BuildResult) -> BuildResult:
        return replace(built, encoded=with_pods(built.encoded, self._pods), pods=self._pods)

    def _note(self, ready: int, now_s: float) -> None:
        if ready >= self._pods or not ready:
            # Without a ready pod nothing is served, and those that come back are more likely as many as there were.
            self._fewer = None
            if ready > self._pods and now_s >= self._changed_at_s + CHANGES_EVERY_S:
                self._pods, self._changed_at_s = ready, now_s
            return
        since_s, most = self._fewer or (now_s, 0)
        self._fewer = since_s, max(most, ready)
        if now_s >= since_s + SHRINKS_AFTER_S:
            self._pods, self._changed_at_s, self._fewer = self._fewer[1], now_s, None
