"""Looks at the pods while a page is open, and remembers the last minutes for all pages together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from .history import History, Moment
from .pods import LivePod, PodSource


@dataclass(frozen=True, slots=True)
class LiveView:
    """All pods as they answered at a time, and what was noted of the minutes before."""

    pods: tuple[LivePod, ...] = ()
    moments: tuple[Moment, ...] = ()
    at_s: float = 0.0
    now_s: float = 0.0


class LiveMonitor:
    """Asks no pod while no page is open."""

    def __init__(self, source: PodSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._history = History()
        self._lock = asyncio.Lock()
        self._view = LiveView(at_s=float("-inf"))

    async def view(self) -> LiveView:
        """What happens now; several that ask at the same time get one answer."""
        async with self._lock:
            # A younger view is not made again, however many pages are open.
            if self._clock() - self._view.at_s >= self._source.every_s / 2:
                pods = await self._source.pods()
                at_s = self._clock()
                # One that gives no answer is left as it was, so that its counts are not taken for new ones later.
                self._history.add(at_s, {f"{it.gateway}/{it.name}": it.counts for it in pods if it.config is not None})
                self._view = LiveView(pods, tuple(self._history.moments), at_s, time.time())
            return self._view
