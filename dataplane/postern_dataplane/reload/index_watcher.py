"""Notices that the snapshot on disk has changed; what it says is none of its business."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from watchfiles import awatch

from postern_core.publication import INDEX_FILE
from postern_kit.file_stamp import FileStamp, stamp_of

# The kernel's notice comes within milliseconds.  Looking every second is for where none comes: on a network file
# system, or when the folder itself was replaced.
POLL_S = 1.0
# For how long further notices are collected, before all are handled together.  So often the thread that watches wakes
# up, and takes the interpreter's lock, whether there is any notice or not.
GATHER_MS = 20


class IndexWatcher:
    """Watches the index of one folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noticed = asyncio.Event()
        self._seen: FileStamp | None = None

    async def run(self) -> None:
        """Listen to the kernel's notices; never returns. Without it a change is found by polling."""
        while True:
            if self._folder.is_dir():
                with contextlib.suppress(OSError):
                    await self._listen()
            await asyncio.sleep(POLL_S)

    async def _listen(self) -> None:
        # Every event of the folder counts, not the index's alone: where it is reached through a link, as in a mounted
        # ConfigMap, it is the link that changes.
        async for _ in awatch(
            self._folder,
            watch_filter=None,
            recursive=False,
            step=GATHER_MS,
            debounce=GATHER_MS * 3,
        ):
            self._noticed.set()

    @property
    def exists(self) -> bool:
        """Whether there is an index at all."""
        return stamp_of(self._folder / INDEX_FILE) is not None

    async def next_change(self, at_most_s: float | None = None) -> None:
        """Wait until the index is another than at the last call, or for so long.

        At the first call, until there is one.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._change()

    async def _change(self) -> None:
        while (stamp := stamp_of(self._folder / INDEX_FILE)) == self._seen:
            self._noticed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._noticed.wait()
        self._seen = stamp
