"""Our six kinds, watched by kopf: every event goes to a feed, and nothing is ever written by kopf.

Only `@kopf.on.event` is used: handlers of creations and updates would put
annotations and finalizers on the users' objects.  kopf runs in a thread and a
loop of its own, because nothing but the end of its loop surely ends it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Iterable
from typing import Any

import kopf

from postern_kit.backoff import Backoff
from postern_operator.cluster.api.connection import api_configuration
from postern_operator.cluster.api.resource_types import OUR_RESOURCES
from postern_operator.cluster.metrics import Metrics

from .informer import FIRST_WATCH_S, WATCH_S
from .kopf_connection import kopf_connection

log = logging.getLogger("postern.kopf_watch")

# An event from kopf: its type (None in a first list), and the object.
OnEvent = Callable[[str | None, dict[str, Any]], None]

# A fixed identity: kopf's default calls getpass.getuser(), which fails in a container without a passwd entry.
IDENTITY = "postern"

CONNECT_TIMEOUT_S = 10.0
REQUEST_TIMEOUT_S = 30.0
# How often kopf's loop looks whether it is to stop.  kopf can wait for such a flag itself, but does it in a thread of
# the loop's executor, which nothing cancels, so that the end of the loop would never come.
LOOK_S = 0.25
# How long kopf's tasks have to end once one of them has, before their loop is closed without them.
END_S = 3.0
# Between two cancellations.  It is shorter than the pause in which a watcher finds itself that has lost the first one.
CANCEL_AGAIN_S = 0.05
# How long the thread has to end by itself, which is longer than all that; it holds nothing that would be lost.
STOP_S = 5.0


class KopfThread:
    """kopf, watching until it is stopped; `on_event` is called on the loop that started it.

    Without namespaces it watches all of them.
    """

    def __init__(self, kubeconfig: str, namespaces: Iterable[str], on_event: OnEvent, metrics: Metrics) -> None:
        self._kubeconfig = kubeconfig
        self._namespaces = tuple(namespaces)
        self._on_event = on_event
        self._metrics = metrics
        self._is_clusterwide = not self._namespaces
        self._stop = threading.Event()
        self._restart = threading.Event()

    def restart(self, namespaces: Iterable[str]) -> None:
        """Begin anew, in those of its namespaces that can be read.

        kopf looks for a kind once, and never again for one that was missing then; it ends altogether when it is
        refused a single namespace.
        """
        self._namespaces = tuple(namespaces)
        self._restart.set()

    async def run(self) -> None:
        """Watch, until cancelled."""
        loop = asyncio.get_running_loop()

        def on_event(type_: str | None, manifest: dict[str, Any]) -> None:
            # What comes before the restart may be of a state of the API server that has been replaced.
            if not self._restart.is_set():
                loop.call_soon_threadsafe(self._on_event, type_, manifest)

        thread = threading.Thread(target=self._watch, args=(on_event,), name="kopf", daemon=True)
        thread.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._stop.set()
            await asyncio.to_thread(thread.join, STOP_S)

    def _watch(self, on_event: OnEvent) -> None:
        """Run kopf again whenever it ends: it gives up on errors that time heals."""
        backoff = Backoff()
        registry = handlers(self._kubeconfig, on_event)
        while not self._stop.is_set():
            self._restart.clear()
            if not (self._is_clusterwide or self._namespaces):
                self._stop.wait(LOOK_S)
                continue
            loop = asyncio.new_event_loop()
            try:
                loop.run_until_complete(self._operator(registry))
            except Exception as error:  # noqa: BLE001 # the edge of the thread
                log.warning("kopf ended, restarting it", extra={"fields": {"error": type(error).__name__}})
            finally:
                # Not by `asyncio.run`, which waits for what is left in the loop.
                loop.close()
            if self._restart.is_set():
                continue
            self._metrics.watch_restarts.labels("kopf").inc()
            self._stop.wait(backoff.next_s())

    async def _operator(self, registry: kopf.OperatorRegistry) -> None:
        """Run kopf until it is to stop or restart, or until one of its tasks has ended; raises what that one did."""
        where: dict[str, Any] = {"clusterwide": True} if self._is_clusterwide else {"namespaces": self._namespaces}
        options = {"standalone": True, "identity": IDENTITY, **where}
        tasks = await kopf.spawn_tasks(registry=registry, settings=kopf_settings(), **options)
        ended: set[asyncio.Task[Any]] = set()
        while not ended and not self._stop.is_set() and not self._restart.is_set():
            ended, _ = await asyncio.wait(tasks, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        await end(tasks)
        for task in ended:
            if not task.cancelled():
                task.result()


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel these tasks, and again and again all others of this loop, until none is left or the time is over.

    kopf's own end cancels all of them once.  A watcher that is just asking for its watch takes that for a pause of
    the operator, because the task that signals pauses is cancelled too, and goes on watching.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + END_S
    # Callbacks complain that their task is gone, which is expected here.
    loop.set_exception_handler(lambda *_: None)
    for task in tasks:
        # Only once: the last of them closes the connections when all others have ended.
        task.cancel()
    while left := asyncio.all_tasks() - {asyncio.current_task()}:
        if loop.time() > until:
            log.warning("kopf does not stop, abandoning it", extra={"fields": {"tasks": len(left)}})
            return
        for task in left.difference(tasks):
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_AGAIN_S)


def handlers(kubeconfig: str, on_event: OnEvent) -> kopf.OperatorRegistry:
    """Return a registry with one handler a kind, which passes each event on."""
    registry = kopf.OperatorRegistry()

    async def pass_on(event: Any, **_: Any) -> None:
        on_event(event["type"], event["object"])

    async def login(**_: Any) -> kopf.ConnectionInfo:
        # Read anew each time that kopf asks, which is when the old token is refused.
        return await kopf_connection(await api_configuration(kubeconfig))

    kopf.on.login(registry=registry)(login)
    for resource in OUR_RESOURCES:
        group, _, version = resource.api_version.partition("/")
        kopf.on.event(group, version, resource.plural, registry=registry, id="pass_on")(pass_on)
    return registry


def kopf_settings() -> kopf.OperatorSettings:
    """Return settings that make kopf a watcher only: no posting, no peering, no scan for kinds, and no noise."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    # By default kopf kills the whole process when it takes longer than this to end.
    settings.process.ultimate_exiting_timeout = None
    # A task an object, kept for five seconds by default: ten thousand of them at each start.
    settings.queueing.idle_timeout = 1.0
    settings.watching.server_timeout = WATCH_S
    settings.watching.client_timeout = WATCH_S + FIRST_WATCH_S
    settings.watching.connect_timeout = CONNECT_TIMEOUT_S
    settings.watching.chunk_size = 500
    settings.networking.request_timeout = REQUEST_TIMEOUT_S
    settings.networking.connect_timeout = CONNECT_TIMEOUT_S
    # Then kopf ends, and is started again, never faster than `Backoff` allows.
    settings.networking.error_backoffs = (0.2, 0.5, 1, 2)
    return settings
