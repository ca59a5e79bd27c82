"""A one-slot channel for the newest index: the watcher overwrites, the installer takes the latest."""

from __future__ import annotations

import asyncio
import contextlib


class LatestValue:
    """One slot: a newer index replaces one that was not taken, because only the latest counts."""

    def __init__(self) -> None:
        self._content: bytes | None = None
        self._changed = asyncio.Event()

    def put(self, content: bytes) -> None:
        """Set the index, even to what it was: then a loss on disk is noticed."""
        self._content = content
        self._changed.set()

    async def take(self, at_most_s: float | None = None) -> bytes:
        """Wait for a `put`, for at most that long, and return the latest; waits without a limit for the first one."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(at_most_s):
                    await self._changed.wait()
            self._changed.clear()
            if self._content is not None:
                return self._content
