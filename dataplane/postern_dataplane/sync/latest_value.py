"""A one-slot channel: the watcher overwrites the index, the installer takes the latest."""

from __future__ import annotations

import asyncio
import contextlib


class LatestValue:
    """One slot for an index: a newer one replaces one that was not taken, for only the last one counts."""

    def __init__(self) -> None:
        self._content: bytes | None = None
        self._changed = asyncio.Event()

    def put(self, content: bytes) -> None:
        """Set the index, even to what it was: then a loss on disk is noticed."""
        self._content = content
        self._changed.set()

    async def take(self, at_most_s: float | None = None) -> bytes:
        """Wait for an index that was not taken yet, or for so long; returns the newest. None is no time limit."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(at_most_s):
                    await self._changed.wait()
            self._changed.clear()
            if self._content is not None:
                return self._content
