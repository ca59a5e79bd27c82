"""Keeps the search for garbage in cycles short: what one search has left is not searched again for a while.

Each connection is a dozen objects that live long, and while many open the collector would search them all, again and
again, each time their number has grown by a quarter: that stopped the loop for up to 0.1 s.
"""

from __future__ import annotations

import gc
import time

from postern_dataplane.reload.reloader import SEARCH_INTERVAL_S


class SurvivorFreezer:
    """A callback of the collector that sets aside what a full search has left.

    A cycle of such objects would never be collected: therefore a search includes them again now and then.
    """

    def __init__(self, now_s: float) -> None:
        self._searched_at = now_s

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] < len(gc.get_threshold()) - 1:
            return
        if phase == "stop":
            gc.freeze()
        elif (now := time.monotonic()) - self._searched_at >= SEARCH_INTERVAL_S:
            self._searched_at = now
            gc.unfreeze()


def set_survivors_aside() -> None:
    """Set aside all that is there, and from now on what each full search leaves."""
    gc.freeze()
    gc.callbacks.append(SurvivorFreezer(time.monotonic()))
