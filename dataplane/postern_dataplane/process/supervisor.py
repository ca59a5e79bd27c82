"""The data plane's first process: it owns the sockets, keeps the workers alive and answers on the admin port.

It serves no client and reads no snapshot, so that nothing a client or a tenant
does can take it down.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence

import msgspec

from postern_dataplane.errors import ChannelError
from postern_dataplane.machine import allow_connections
from postern_dataplane.settings import Settings
from postern_dataplane.sockets import Listeners, address_of, open_listener, open_listeners
from postern_dataplane.speedups import HEADS
from postern_dataplane.telemetry.admin_server import admin_port
from postern_dataplane.telemetry.worker_messages import PortsWanted
from postern_dataplane.telemetry.worker_pool import WorkerPool
from postern_kit.logs import log
from postern_kit.stop_signals import on_stop_signal

from .open_ports import OpenPorts
from .worker_process import WorkerProcess

# A worker that ended is replaced at once, unless it had not lived long: then ever later, up to the last of these.
# Connections wait in its socket's queue meanwhile.
BACKOFF_S = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
LIVED_LONG_S = 10.0
# What a worker may take beyond the grace, to close its connections and its channel, before it is killed.
AFTER_GRACE_S = 5.0
# How soon a port is tried again that could not be opened.
RETRY_S = 1.0


class Supervisor:
    """Starts, restarts and stops the workers."""

    def __init__(self, settings: Settings, listeners: Sequence[Listeners]) -> None:
        self.worker_pool = WorkerPool(
            len(listeners),
            needs_certificate=bool(settings.certificates),
            routes_max=settings.metrics_routes,
        )
        self._settings = settings
        self._listeners = listeners
        self._running: dict[int, WorkerProcess] = {}
        self._ports = OpenPorts(settings.listen.host, len(listeners))
        self._draining = asyncio.Event()
        self._is_killing = False
        self._retry: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Keep a worker on every pair of listeners until stopped, and until all have ended."""
        async with asyncio.TaskGroup() as group:
            for slot, listeners in enumerate(self._listeners):
                group.create_task(self._keep(slot, listeners))

    def stop(self) -> None:
        """Let the workers finish what has begun; said twice, end them now."""
        if self.worker_pool.is_draining:
            log.warning("stopping at once")
            self._kill()
            return
        log.info("draining", grace_s=self._settings.drain_grace_s)
        self.worker_pool.is_draining = True
        self._draining.set()
        # The workers close theirs too: connections are refused from now on, instead of never being accepted.
        for listeners in self._listeners:
            listeners.close()
        self._ports.close()
        for worker in self._running.values():
            worker.stop()
        asyncio.get_running_loop().call_later(self._settings.drain_grace_s + AFTER_GRACE_S, self._kill)

    def _kill(self) -> None:
        self._is_killing = True
        for worker in self._running.values():
            worker.kill()

    async def _keep(self, slot: int, listeners: Listeners) -> None:
        """Start a worker, and another one whenever it ends."""
        failures = 0
        while not self.worker_pool.is_draining:
            began = asyncio.get_running_loop().time()
            await self._run_one(slot, listeners)
            if self.worker_pool.is_draining:
                return
            self.worker_pool.restarts += 1
            lived_s = asyncio.get_running_loop().time() - began
            failures = 0 if lived_s >= LIVED_LONG_S else failures + 1
            await self._pause(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])

    async def _run_one(self, slot: int, listeners: Listeners) -> None:
        try:
            worker = await WorkerProcess.start(self._settings, listeners)
        except OSError as error:
            log.error("worker can't be started", slot=slot, error=error.strerror)
            return
        self._running[slot] = worker
        self.worker_pool.started(slot, worker.pid)
        self._obey_late(worker)
        try:
            await self._listen_to(slot, worker)
        except ChannelError as error:
            log.error("worker is not understood", slot=slot, pid=worker.pid, error=str(error))
            worker.kill()
        status = await worker.ended(AFTER_GRACE_S)
        del self._running[slot]
        self.worker_pool.gone(slot)
        if not self.worker_pool.is_draining:
            log.error("worker ended", slot=slot, pid=worker.pid, exit_status=status)

    def _obey_late(self, worker: WorkerProcess) -> None:
        """Stop a worker that was being started while all others were stopped."""
        if self._is_killing:
            worker.kill()
        elif self.worker_pool.is_draining:
            worker.stop()

    async def _listen_to(self, slot: int, worker: WorkerProcess) -> None:
        self._ports.hand_over(slot, worker.ports)
        while (message := await worker.receive()) is not None:
            if not isinstance(message, PortsWanted):
                self.worker_pool.record(slot, message)
            elif not self.worker_pool.is_draining:
                self._ports.want(slot, message.ports, worker.ports)
                self._ports_followed()

    def _ports_followed(self) -> None:
        """Note which ports are open, and try again later to open the others."""
        self.worker_pool.ports = self._ports.states
        if self._ports.failures and self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        if self.worker_pool.is_draining:
            return
        for slot, worker in self._running.items():
            try:
                self._ports.follow(slot, worker.ports)
            except ChannelError:
                worker.kill()
        self._ports_followed()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._draining.wait()


async def supervise(settings: Settings) -> None:
    """Run a data plane until SIGTERM or SIGINT; raises `ListenError` when it can't start."""
    with contextlib.ExitStack() as sockets:
        listeners = open_listeners(settings.listen, settings.listen_tls, settings.workers)
        for one in listeners:
            sockets.callback(one.close)
        admin = sockets.enter_context(open_listener(settings.admin))
        supervisor = Supervisor(_within_limits(settings), listeners)
        async with admin_port(supervisor.worker_pool, admin):
            stdin = _stdin(supervisor) if settings.end_with_stdin else contextlib.nullcontext()
            with on_stop_signal(supervisor.stop), stdin:
                log.info(
                    "data plane started",
                    listen=str(address_of(listeners[0].plain)),
                    admin=str(address_of(admin)),
                    **({"listen_tls": str(address_of(tls))} if (tls := listeners[0].tls) else {}),
                    workers=settings.workers,
                    speedups=HEADS is not None,
                )
                await supervisor.run()
        log.info("data plane stopped")


def _within_limits(settings: Settings) -> Settings:
    """The settings with as many connections as open files are allowed for."""
    possible = allow_connections(settings.limits.max_connections)
    if possible < settings.limits.max_connections:
        log.warning("fewer connections than asked for: raise the limit of open files", max_connections=possible)
    limits = msgspec.structs.replace(settings.limits, max_connections=possible)
    return msgspec.structs.replace(settings, limits=limits)


@contextlib.contextmanager
def _stdin(supervisor: Supervisor) -> Iterator[None]:
    """Stop when the other end of standard input is closed."""
    loop = asyncio.get_running_loop()
    stdin = sys.stdin.fileno()

    def read() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            supervisor.stop()

    loop.add_reader(stdin, read)
    try:
        yield
    finally:
        loop.remove_reader(stdin)
