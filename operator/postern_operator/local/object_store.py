"""The objects of local mode, and whether they have changed.

`provider` replaces them, `rebuild_loop` takes snapshots of them.  State changes
here without awaiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from operator import is_

from postern_core.parse import Parsed


class ObjectStore:
    """All objects, as they were last read; an `ObjectSource`."""

    def __init__(self) -> None:
        self._objects: tuple[Parsed, ...] = ()
        self._changed = asyncio.Event()

    def replace(self, objects: Sequence[Parsed]) -> bool:
        """Hold these and no others; returns whether that is a change, and so a rebuild is due.

        Objects are compared by identity: `folder_source` keeps what hasn't changed.
        """
        if len(objects) == len(self._objects) and all(map(is_, objects, self._objects)):
            return False
        self._objects = tuple(objects)
        self._changed.set()
        return True

    def snapshot(self) -> tuple[Parsed, ...]:
        """Return all objects; the changes so far count as seen."""
        self._changed.clear()
        return self._objects

    async def wait_changed(self) -> None:
        """Wait for a change since the last `snapshot`, or since this returned last."""
        await self._changed.wait()
        self._changed.clear()
