"""The operator put together: its only composition root.

Every replica reads and compiles; the tasks of `_act` run only while this one
holds the Lease, and are cancelled when it loses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
from kubernetes.aio.client import ApiClient

from postern_kit.stop_signals import on_stop_signal
from postern_operator.build import GatewayBuild

from .admin_server import admin_port
from .api.connection import api_configuration
from .api.writer import Writer
from .key_fetching import KeyFetching
from .leader_election import Leadership
from .metrics import Metrics
from .rebuild_loop import RebuildLoop
from .rollout.data_plane_pods import admin_session
from .rollout.gateway_rollout import GatewayRollout
from .rollout.published_objects import RESOURCES
from .rollout.publisher import ClusterPublisher
from .settings import Gateway, Settings
from .status.event_writer import EventWriter
from .status.ingress_addresses import addresses_of
from .status.status_loop import StatusLoop
from .status.status_writer import StatusWriter
from .watch.event_router import PodFeed, PublishedFeed
from .watch.fetch_references import fetch_missing
from .watch.gateway_services import GatewayServices
from .watch.object_cache import ObjectCache
from .watch.watches import Watches

log = logging.getLogger("postern.operator")


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
    """One replica: every object is made here, and all that run together."""

    def __init__(self, settings: Settings, api: ApiClient, session: aiohttp.ClientSession, metrics: Metrics) -> None:
        identity = f"{socket.gethostname()}_{secrets.token_hex(4)}"
        self._settings = settings
        self._api = api
        self._session = session
        self._metrics = metrics
        self._objects = ObjectCache()
        self._leadership = Leadership(api, settings.lease_namespace, identity, unreadable=self._unreadable)
        writer = Writer(api, self._leadership.is_held)
        self._pods = PodFeed(tuple(gateway.namespace for gateway in settings.gateways), self._pods_changed)
        self._rollout_in = {gateway.namespace: self._rollout(gateway, writer) for gateway in settings.gateways}
        self._rollouts = tuple(self._rollout_in.values())
        statuses = StatusWriter(writer, self._objects.put)
        metrics.statuses_waiting.set_function(lambda: statuses.waiting)
        events = EventWriter(writer, identity, metrics)
        self._services = GatewayServices(settings.gateways, self._request_status)
        self._status_loop = StatusLoop(self._objects, self._rollouts, statuses, events, self._addresses)
        self._watches = self._made_watches()
        self._keys = KeyFetching(
            api, writer, settings, metrics, rollouts=self._rollouts, changed=self._objects.mark_dirty
        )
        self._rebuild_loop = RebuildLoop(
            api,
            writer,
            self._objects,
            self._rollouts,
            metrics,
            unread=self._watches.unread,
            add_keys=self._keys.added_to,
        )

    async def run(self) -> None:
        """Read, compile and, while this replica leads, act; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            await self._watches.begin(tasks)
            log.info("everything has been listed", extra={"fields": {"unread": len(self._watches.unread())}})
            tasks.create_task(fetch_missing(self._api, self._objects))
            tasks.create_task(self._rebuild_loop.run(self._leadership.is_held, self._status_loop.rebuilt))
            tasks.create_task(self._keys.wait_first())
            tasks.create_task(self._leadership.lead(self._act))

    def why_not_ready(self) -> str:
        """Return what has still to be listed or fetched, or can't be read at all; "" where there is nothing of it."""
        return self._watches.why_not_ready() or self._keys.why_not_ready()

    async def _act(self) -> None:
        """Publish, fetch keys, poll pods and write statuses, until this is cancelled."""
        self._metrics.leader.set(1)
        for rollout in self._rollouts:
            rollout.begin_term()
        self._keys.begin_term()
        self._status_loop.begin_term()
        self._objects.mark_dirty()
        try:
            async with asyncio.TaskGroup() as tasks:
                for rollout in self._rollouts:
                    tasks.create_task(rollout.keep_published(self._api))
                    tasks.create_task(rollout.poll_pods(self._session))
                tasks.create_task(self._keys.act())
                tasks.create_task(self._status_loop.run())
        finally:
            self._metrics.leader.set(0)
            for rollout in self._rollouts:
                # Another replica publishes from now on, and reports when it can't.
                rollout.begin_term()

    def _rollout(self, gateway: Gateway, writer: Writer) -> GatewayRollout:
        listeners = self._settings.listeners_of(gateway.name)
        return GatewayRollout(
            gateway,
            ClusterPublisher(writer, gateway.namespace, gateway.name),
            partial(self._pods.slices_of, gateway.namespace),
            self._request_status,
            self._metrics,
            build=GatewayBuild(
                gateway.name,
                share=self._settings.share,
                listeners=listeners,
                require_policy=gateway.name in self._settings.require_policy,
                gateways=tuple(it.name for it in self._settings.gateways),
            ),
            rebuild=self._objects.mark_dirty,
        )

    def _made_watches(self) -> Watches:
        publishers = {namespace: rollout.publisher for namespace, rollout in self._rollout_in.items()}
        published = {kind: PublishedFeed(kind, publishers, self._published_changed) for kind in RESOURCES}
        return Watches(
            self._api,
            self._settings,
            self._objects,
            published=published,
            pods=self._pods,
            services=self._services,
            metrics=self._metrics,
        )

    def _unreadable(self) -> tuple[str, ...]:
        return self._watches.unreadable()

    def _addresses(self, gateway: str) -> list[dict[str, str]]:
        return addresses_of(self._services.get(gateway), self._settings.ingress_addresses)

    def _request_status(self) -> None:
        self._status_loop.request()

    def _published_changed(self, namespace: str) -> None:
        self._rollout_in[namespace].check_published()

    def _pods_changed(self, namespace: str) -> None:
        self._rollout_in[namespace].pods_changed()
        self._keys.pods_changed()


@contextlib.asynccontextmanager
async def _until_signal() -> AsyncIterator[None]:
    """Cancel the block at SIGTERM or SIGINT, and leave it without an error."""
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
