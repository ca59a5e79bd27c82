"""The operator put together: what is read, what is compiled, and who acts.

Reads as the table of contents of a run.  Every replica reads and compiles; what
is below `_act` runs only while this one holds the Lease, and is cancelled with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import aiohttp
from kubernetes.aio.client import ApiClient

from postern_kit.stop_signals import on_stop_signal

from .admin_server import admin_port
from .api.connection import api_configuration
from .api.writer import Writer
from .leader_election import Leadership
from .metrics import Metrics
from .rebuild_loop import RebuildLoop
from .rollout.data_plane_pods import admin_session
from .rollout.gateway_rollout import GatewayRollout
from .settings import Settings
from .status.event_writer import EventWriter
from .status.status_sync import StatusSync
from .status.status_writer import StatusWriter
from .watch.fetch_references import fetch_missing
from .watch.object_cache import ObjectCache
from .watch.watches import Watches

log = logging.getLogger("postern.operator")

# How long after a change the pods have to serve it before objects are told that they don't yet.
PATIENCE_S = 1.0
# Somebody may have written over a status, which is no news of the object.
TELL_AGAIN_S = 30.0
# To look at tens of thousands of objects takes a second, in which an edit waits: it has a fifth of the time at most.
REST_FACTOR = 4.0
REST_AT_MOST_S = 5.0


async def operate(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; raises `ConnectionSettingsError` when nothing says where the API server is."""
    metrics = Metrics()
    configuration = await api_configuration(settings.kubeconfig)
    configuration.trace_configs = [metrics.request_trace()]
    async with ApiClient(configuration) as api, admin_session() as session:
        operator = Operator(settings, api, session, metrics)
        async with admin_port(*settings.admin, metrics, operator.why_not_ready) as port:
            log.info("operator started", extra={"fields": {"admin": f"{settings.admin.host}:{port}"}})
            async with _until_signal():
                await operator.run()
    log.info("operator stopped")


class Operator:
    """One replica."""

    def __init__(self, settings: Settings, api: ApiClient, session: aiohttp.ClientSession, metrics: Metrics) -> None:
        identity = f"{socket.gethostname()}_{secrets.token_hex(4)}"
        self._api = api
        self._session = session
        self._metrics = metrics
        self._objects = ObjectCache()
        self._leadership = Leadership(api, settings.lease_namespace, identity)
        writer = Writer(api, self._leadership.is_held)
        self._streams = Watches(api, settings, self._objects, writer, changed=self._tell_soon, metrics=metrics)
        self._fleets: Sequence[GatewayRollout] = self._streams.fleets
        self._rebuilding = RebuildLoop(api, writer, self._objects, self._fleets, metrics)
        self._telling = StatusSync()
        self._must_tell = asyncio.Event()
        self._has_rebuilt = asyncio.Event()
        self._statuses = StatusWriter(writer, self._objects.put)
        self._events = EventWriter(writer, identity)

    async def run(self) -> None:
        """Read, compile and, whenever it is our turn, act; for ever."""
        async with asyncio.TaskGroup() as tasks:
            await self._streams.begin(tasks)
            log.info("everything has been listed")
            tasks.create_task(fetch_missing(self._api, self._objects))
            tasks.create_task(self._rebuilding.run(self._leadership.is_held, self._rebuilt))
            tasks.create_task(self._leadership.lead(self._act))

    def why_not_ready(self) -> str:
        """What has still to be listed; "" once nothing has."""
        return self._streams.why_not_ready()

    async def _act(self) -> None:
        """Publish, ask and tell, until this is cancelled."""
        self._metrics.leader.set(1)
        for fleet in self._fleets:
            fleet.begin_turn()
        # Secrets may be wanted that only who leads may make: until that is done, nobody is told that one is missing.
        self._has_rebuilt.clear()
        self._objects.mark_dirty()
        try:
            async with asyncio.TaskGroup() as tasks:
                for fleet in self._fleets:
                    tasks.create_task(fleet.keep_published(self._api))
                    tasks.create_task(fleet.keep_asking(self._session))
                tasks.create_task(self._keep_telling())
                tasks.create_task(self._statuses.run())
                tasks.create_task(self._events.run())
        finally:
            self._metrics.leader.set(0)
            for fleet in self._fleets:
                # Another replica publishes from now on, and tells when it can't.
                fleet.begin_turn()

    def _rebuilt(self) -> None:
        self._has_rebuilt.set()
        self._must_tell.set()

    def _tell_soon(self) -> None:
        self._must_tell.set()

    async def _keep_telling(self) -> None:
        """Tell objects how they are, whenever that may have changed, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TELL_AGAIN_S):
                    await self._must_tell.wait()
            await self._has_rebuilt.wait()
            for fleet in self._fleets:
                await fleet.has_asked.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    for fleet in self._fleets:
                        await fleet.is_settled.wait()
            self._must_tell.clear()
            began = asyncio.get_running_loop().time()
            await self._tell()
            took_s = asyncio.get_running_loop().time() - began
            await asyncio.sleep(min(took_s * REST_FACTOR, REST_AT_MOST_S))

    async def _tell(self) -> None:
        views = self._rebuilding.views()
        if len(views) < len(self._fleets):
            return
        found = await asyncio.to_thread(self._telling.find, self._objects.all(), views, datetime.now(UTC))
        # What has been told otherwise in the meantime is looked at again.
        current = [it for it in found.changes if self._objects.get(it.ref) is found.looked_at[it.ref]]
        if len(current) < len(found.changes):
            self._tell_soon()
        self._statuses.want(current)
        self._events.tell(found.events)


@contextlib.asynccontextmanager
async def _until_signal() -> AsyncIterator[None]:
    """Cancel what is inside at SIGTERM or SIGINT, and take its end for a good one."""
    task = asyncio.current_task()
    assert task is not None, "within a coroutine"
    stopped = asyncio.Event()

    def stop() -> None:
        if not stopped.is_set():
            stopped.set()
            task.cancel()

    with on_stop_signal(stop):
        try:
            yield
        except asyncio.CancelledError:
            if not stopped.is_set():
                raise
            task.uncancel()
