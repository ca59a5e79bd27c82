"""The objects that are to be compiled, and whether there is news of them.

Where they come from is none of its business: a provider puts them in, the
reconciler takes them out.  State changes here without awaiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from postern_core.parse import Parsed


class ObjectStore:
    """All objects as they were last told."""

    def __init__(self) -> None:
        self._objects: tuple[Parsed, ...] = ()
        self._news = asyncio.Event()

    def replace(self, objects: Sequence[Parsed]) -> bool:
        """Take these for all that there are; gives whether that is news, and so a rebuild is due.

        Objects are compared by identity: a provider keeps what hasn't changed.
        """
        if len(objects) == len(self._objects) and all(map(_is_same, objects, self._objects)):
            return False
        self._objects = tuple(objects)
        self._news.set()
        return True

    def snapshot(self) -> tuple[Parsed, ...]:
        """All that there are; what has been told so far is no news any more."""
        self._news.clear()
        return self._objects

    async def wait_changed(self) -> None:
        """Wait until something has changed since it was taken, or since this was last waited for."""
        await self._news.wait()
        self._news.clear()


def _is_same(one: Parsed, other: Parsed) -> bool:
    return one is other
