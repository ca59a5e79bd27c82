"""Hands the newest index from whom it was seen by to whom it is installed by."""

from __future__ import annotations

import asyncio
import contextlib


class LatestValue:
    """A place for one index: a newer one replaces what nobody has taken, for only the last one counts."""

    def __init__(self) -> None:
        self._content: bytes | None = None
        self._changed = asyncio.Event()

    def put(self, content: bytes) -> None:
        """Say what the index is now, also when it is what it was: then whatever got lost on disk is noticed."""
        self._content = content
        self._changed.set()

    async def take(self, at_most_s: float | None = None) -> bytes:
        """Wait for news, or for so long; gives the newest.  Without a limit until there is any."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(at_most_s):
                    await self._changed.wait()
            self._changed.clear()
            if self._content is not None:
                return self._content
