"""Follows the snapshot on disk: whenever it changes, a new table comes into force, or the old one stays.

The one place that decides which table serves.  Everything slow happens in a
thread; the loop only swaps a reference.
"""

from __future__ import annotations

import asyncio
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from postern_dataplane.errors import SnapshotError
from postern_dataplane.table.routing_table import RoutingTable
from postern_kit.logs import log

from .active_table import ActiveTable
from .index_watcher import IndexWatcher
from .loader import Loader

# How soon a snapshot is tried again whose files were not all there.
RETRY_S = 1.0
# How long garbage in cycles may stay, if there are reloads.  To search everything stops the loop for 10 ms with 10,000
# routes and 50,000 credentials, and for less in proportion; the first time for 25 ms.
SEARCH_INTERVAL_S = 600.0


class ReloadObserver(Protocol):
    """Who wants to know how a reload ended; called on the loop."""

    def loaded(self, table: RoutingTable) -> None:
        """A table has come into force."""

    def refused(self, error: SnapshotError) -> None:
        """A snapshot was refused; the table before it, if any, is still in force."""


class Reloader:
    """Keeps `current` at what the source holds."""

    def __init__(
        self, source: IndexWatcher, loader: Loader, active_table: ActiveTable, listener: ReloadObserver
    ) -> None:
        self._index_watcher = source
        self._loader = loader
        self._active_table = active_table
        self._listener = listener
        self._last_refusal: tuple[str, str] | None = None
        self._may_heal = False
        self._searched_at = time.monotonic()
        # A thread of its own: the loop's shared ones may all be waiting for a name server.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reload")

    async def run(self) -> None:
        """Load at every change; never returns."""
        while True:
            await self._index_watcher.next_change(RETRY_S if self._may_heal else None)
            await self.reload()

    async def start(self) -> None:
        """Load what is there already, if anything is."""
        if self._index_watcher.exists:
            await self._index_watcher.next_change()
            await self.reload()

    async def reload(self) -> None:
        """Load what is on disk now."""
        before = self._active_table.table
        try:
            table = await asyncio.get_running_loop().run_in_executor(self._thread, self._load, before)
        except SnapshotError as error:
            self._refuse(error)
            return
        self._last_refusal, self._may_heal = None, False
        if table is before:
            return
        self._active_table.swap(table, time.time())
        self._set_aside()
        log.info("snapshot loaded", digest=table.digest, routes=table.routes)
        self._listener.loaded(table)

    def _load(self, before: RoutingTable | None) -> RoutingTable:
        # The first table is a million objects that all stay, and so may be what a change makes: to search them for
        # garbage while they are made stops the loop.
        gc.disable()
        try:
            return self._loader.load(before)
        finally:
            gc.enable()

    def _refuse(self, error: SnapshotError) -> None:
        self._may_heal = error.may_heal
        refusal = (error.digest, str(error))
        if refusal == self._last_refusal:
            # Tried again with the same result: neither news nor another reload.
            return
        self._last_refusal = refusal
        log.error("snapshot refused", digest=error.digest, error=str(error), serving=self._active_table.digest)
        self._listener.refused(error)

    def _set_aside(self) -> None:
        """Keep the collector from searching the new table, again and again, for garbage that it can't hold.

        All other objects that live at this moment are set aside with it, and a cycle of them would never be collected:
        therefore everything is searched now and then.
        """
        now = time.monotonic()
        if now - self._searched_at >= SEARCH_INTERVAL_S:
            self._searched_at = now
            gc.unfreeze()
            gc.collect()
        gc.freeze()
