"""Puts the sidecar together, and runs it until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from postern_dataplane.sockets import address_of, open_listener
from postern_kit.addresses import Address
from postern_kit.backoff import Backoff
from postern_kit.logs import log
from postern_kit.snapshot_dir import SnapshotDir
from postern_kit.stop_signals import on_stop_signal

from .connection import Connection, api_configuration
from .errors import ApiError, StartError
from .health import health_port
from .index_watcher import IndexWatcher
from .installer import Installer
from .latest_value import LatestValue
from .published_objects import PublishedObjects
from .settings import SyncSettings


async def run_sidecar(settings: SyncSettings) -> None:
    """Keep the folder at what is published, until SIGTERM or SIGINT; raises `DataPlaneError` when it can't start."""
    stopping = asyncio.Event()
    with on_stop_signal(stopping.set):
        await _check_files(settings.kubeconfig)
        latest = LatestValue()
        # A connection each: one that has to be made anew must not take what the other is doing with it.
        async with _published(settings) as watched, _published(settings) as fetched:
            watcher = IndexWatcher(watched, latest, Backoff())
            installer = Installer(settings.gateway, SnapshotDir(Path(settings.config)), fetched, latest, Backoff())
            installer.start()
            async with _health(settings.health, lambda: installer.digest):
                log.info("sidecar started", gateway=settings.gateway, namespace=settings.namespace)
                await _run_until(stopping, watcher, installer)
    log.info("sidecar stopped")


async def _check_files(kubeconfig: str | None) -> None:
    """Refuse to start with a mistake in the settings.  That the API server is down is none."""
    try:
        await api_configuration(kubeconfig)
    except ApiError as error:
        raise StartError(str(error)) from None


@contextlib.asynccontextmanager
async def _published(settings: SyncSettings) -> AsyncIterator[PublishedObjects]:
    connection = Connection(settings.kubeconfig)
    try:
        yield PublishedObjects(connection, settings.namespace)
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def _health(address: Address | None, digest: Callable[[], str | None]) -> AsyncIterator[None]:
    if address is None:
        yield
        return
    with open_listener(address) as listener:
        async with health_port(digest, listener):
            log.info("health is answered", health=str(address_of(listener)))
            yield


async def _run_until(stopping: asyncio.Event, watcher: IndexWatcher, installer: Installer) -> None:
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(watcher.run()), group.create_task(installer.run())]
        await stopping.wait()
        # Nothing has to be finished: what is on disk is a whole generation at any moment.
        for task in running:
            task.cancel()
