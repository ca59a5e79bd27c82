"""Keeps statuses and Events at what builds and pods say, while this replica leads.

What should be written is found in `status_sync`; here it is decided when.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime

from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.watch.object_cache import ObjectCache

from .event_writer import EventWriter
from .ingress_sync import Addresses, no_addresses
from .status_sync import StatusSync, gateway_views
from .status_writer import StatusWriter

# How long after a change the pods have to serve it before statuses say that they don't yet.
PATIENCE_S = 1.0
# A status may have been overwritten by others, which changes no object.
SYNC_AGAIN_S = 30.0
# A pass over more than 10,000 objects takes about a second, in which an edit waits: sleeping four times as long as it
# took, it has 20 % of the loop at most.
REST_FACTOR = 4.0
REST_AT_MOST_S = 5.0


class StatusLoop:
    """The loop from changes to statuses; `request` and `rebuilt` may be called at any time, on the loop."""

    def __init__(
        self,
        objects: ObjectCache,
        rollouts: Sequence[GatewayRollout],
        statuses: StatusWriter,
        events: EventWriter,
        addresses: Addresses = no_addresses,
    ) -> None:
        self._objects = objects
        self._rollouts = rollouts
        self._statuses = statuses
        self._events = events
        self._sync = StatusSync(addresses)
        self._is_requested = asyncio.Event()
        self._has_rebuilt = asyncio.Event()

    def request(self) -> None:
        """Request a pass, because builds or pods have changed."""
        self._is_requested.set()

    def rebuilt(self) -> None:
        """Note that there has been a rebuild, and request a pass."""
        self._has_rebuilt.set()
        self._is_requested.set()

    def begin_term(self) -> None:
        """Write nothing before the next rebuild: it makes Secrets that only a leader may make."""
        self._has_rebuilt.clear()

    async def run(self) -> None:
        """Write statuses and Events whenever they may differ, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_synced())
            tasks.create_task(self._statuses.run())
            tasks.create_task(self._events.run())

    async def _keep_synced(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SYNC_AGAIN_S):
                    await self._is_requested.wait()
            await self._has_rebuilt.wait()
            for rollout in self._rollouts:
                await rollout.has_polled.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    for rollout in self._rollouts:
                        await rollout.is_settled.wait()
            self._is_requested.clear()
            began = clock()
            await self._sync_all()
            await asyncio.sleep(min((clock() - began) * REST_FACTOR, REST_AT_MOST_S))

    async def _sync_all(self) -> None:
        views = gateway_views(self._rollouts)
        if len(views) < len(self._rollouts):
            return
        found = await asyncio.to_thread(self._sync.find, self._objects.all(), views, datetime.now(UTC))
        # Objects that have changed in the meantime are compared again.
        current = [it for it in found.changes if self._objects.get(it.ref) is found.compared[it.ref]]
        if len(current) < len(found.changes):
            self.request()
        self._statuses.set_desired(current)
        self._events.enqueue(found.events)
