"""Tasks that belong to a gateway: kept until they end, cancelled when it closes.

The fast path needs none; connecting and resolving do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class BackgroundTasks:
    """A group of tasks that lives as long as the gateway, which no `async with` could span."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run beside everything else; an exception goes to the loop's handler, never into nothing."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            context = {"message": f"task {task.get_name()} failed", "exception": task.exception()}
            task.get_loop().call_exception_handler(context)

    async def close(self) -> None:
        """Cancel what still runs, and wait for it."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
