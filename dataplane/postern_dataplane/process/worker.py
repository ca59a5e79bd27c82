"""One serving process: its listening sockets, the gateway on them, the table and the certificates in force.

Started by the supervisor only, which hands it the settings and the open
sockets.  It ends by SIGTERM or when the supervisor is gone, in both cases after
the running requests.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from postern_core.special_addresses import read_allowed_addresses
from postern_dataplane.certificates.certificate_reloader import CertificateReloader
from postern_dataplane.certificates.certificate_store import CertificateStore
from postern_dataplane.certificates.client_validation import ClientValidation
from postern_dataplane.certificates.tls_context import server_context
from postern_dataplane.errors import SnapshotError
from postern_dataplane.jwt.logged_claims import LoggedClaims
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.rate_limit_store.open_store_sync import open_store_sync
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.reload.active_table import ActiveTable
from postern_dataplane.reload.index_watcher import IndexWatcher
from postern_dataplane.reload.loader import Loader
from postern_dataplane.reload.reloader import Reloader
from postern_dataplane.request.correlation import Correlation
from postern_dataplane.server.annotator import Annotator
from postern_dataplane.server.gateway import Gateway
from postern_dataplane.settings import Settings
from postern_dataplane.sockets import BACKLOG, Listeners
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.table.table_settings import TableSettings, proxy_trust
from postern_dataplane.telemetry.access_log import AccessLog
from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.definitions import CERTIFICATE_RELOADS, LOG_LINES_DROPPED, LOG_LINES_LIMITED, RELOADS
from postern_dataplane.telemetry.fan_out import FanOutObserver
from postern_dataplane.telemetry.worker_messages import (
    CertificatesLoaded,
    PortsWanted,
    Sender,
    SnapshotLoaded,
    SnapshotRefused,
)
from postern_dataplane.upstream.dial_policy import DialPolicy
from postern_kit.logs import configure_logs, described, log

from .garbage import set_survivors_aside
from .port_channel import PortReceiver
from .worker_ports import WorkerPorts

REPORT_S = 1.0
# For the last counts and log lines to get out.
GOODBYE_S = 2.0
# While a thread builds a table, the loop waits for the interpreter's lock at most so long; the default is 5 ms.
SWITCH_INTERVAL_S = 0.0005


class Worker:
    """Puts the parts together; each of them does one thing."""

    def __init__(self, settings: Settings, listeners: Listeners, sender: Sender, ports: PortReceiver) -> None:
        self._settings = settings
        self._listeners = listeners
        self._sender = sender
        self._port_receiver = ports
        self._counters = Counters(reports_routes=bool(settings.metrics_routes))
        self._access_log = access_log_for(settings)
        self._active_table = ActiveTable(remembers_tokens=settings.remember_tokens)
        self._token_buckets = TokenBuckets(share_of(settings.workers, pods=0))
        table_settings = table_settings_for(settings)
        correlation = table_settings.correlation
        self._gateway = Gateway(
            active_table=self._active_table,
            limits=settings.limits,
            connection_memory_bytes=settings.worker_memory_bytes(),
            observer=FanOutObserver(self._counters, self._access_log) if self._access_log else self._counters,
            dial_policy=DialPolicy(read_allowed_addresses(settings.allowed_upstreams)),
            remembers_heads=settings.remember_heads and settings.remember_tokens,
            annotator=Annotator(correlation) if correlation or self._access_log else None,
            token_buckets=self._token_buckets,
        )
        self._store_sync = open_store_sync(settings, self._token_buckets, self._counters)
        self._index_watcher = IndexWatcher(Path(settings.config))
        loader = Loader(Path(settings.config), table_settings)
        self._reloader = Reloader(self._index_watcher, loader, self._active_table, self)
        validation = client_validation_for(settings)
        make_context = partial(server_context, settings.tls_min_version, validation)
        self._certificate_reloader = CertificateReloader(
            CertificateStore(Path(settings.certificates) if settings.certificates else None, make_context),
            make_context,
            self,
            validation,
        )
        self._ports = WorkerPorts(
            self._gateway,
            lambda: self._certificate_reloader.context,
            lambda ports: sender.send(PortsWanted(ports)),
            settings.drain_grace_s,
        )
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until stopped, then finish what has begun."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._stopping.set)
        if self._access_log:
            self._access_log.start()
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(self._report_on()), group.create_task(self._watch_supervisor())]
            # Before the first request, so that a worker which replaces another doesn't answer 503 for a moment.
            await self._reloader.start()
            if self._listeners.tls is not None:
                await self._certificate_reloader.start()
            background.append(group.create_task(self._certificate_reloader.run()))
            if self._store_sync is not None:
                background.append(group.create_task(self._store_sync.run()))
            background += [group.create_task(self._index_watcher.run()), group.create_task(self._reloader.run())]
            background.append(group.create_task(self._ports.run(self._port_receiver)))
            await self._serve()
            for task in background:
                task.cancel()
        await self._say_goodbye()

    async def _serve(self) -> None:
        servers = [await self._open(listener) for listener in self._listeners.all]
        await self._stopping.wait()
        for server in servers:
            server.close()
        self._ports.close()
        await self._gateway.drain(self._settings.drain_grace_s)
        await self._gateway.close()

    async def _open(self, listener: socket.socket) -> asyncio.Server:
        is_tls = listener is self._listeners.tls
        config = listener_for(self._settings, is_tls=is_tls)
        factory: Callable[[], asyncio.Protocol] = self._gateway.plain(config)
        if is_tls:
            factory = self._gateway.secure(config, lambda: self._certificate_reloader.context)
        return await asyncio.get_running_loop().create_server(factory, sock=listener, backlog=BACKLOG)

    def loaded(self, table: RoutingTable) -> None:
        """Hand the new table to all that keep state for one table."""
        self._gateway.adopt(table)
        if self._listeners.tls is not None or any(port.is_tls for port in table.ports.values()):
            self._certificate_reloader.follow(table.certificate_of, table.certificates.by_id)
        # Before it is said that the table is in force: a pod is ready once its ports are open.
        self._ports.follow(table.ports)
        self._token_buckets.share = share_of(self._settings.workers, table.pods)
        if self._store_sync is not None:
            self._store_sync.gateway = table.gateway
        self._counters.count(RELOADS, "loaded")
        self._counters.durations.follow(table.serves)
        self._counters.follow_token_cache(self._active_table.verification_cache)
        self._sender.send(SnapshotLoaded(table.digest, table.gateway, table.routes, self._active_table.loaded_at))

    def refused(self, error: SnapshotError) -> None:
        self._counters.count(RELOADS, "refused")
        self._sender.send(SnapshotRefused(error.digest, str(error)))

    def certificates_read(self, loaded: int, refused: int, ends_at: dict[str, float]) -> None:
        self._counters.count(CERTIFICATE_RELOADS, "loaded", by=loaded)
        self._counters.count(CERTIFICATE_RELOADS, "refused", by=refused)
        self._sender.send(CertificatesLoaded(ends_at))

    async def _report_on(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            if not self._sender.is_stalled:
                self._report()

    def _report(self) -> None:
        if self._access_log:
            self._counters.count(LOG_LINES_DROPPED, by=self._access_log.take_dropped())
            self._counters.count(LOG_LINES_LIMITED, by=self._access_log.take_limited())
        self._sender.send(self._counters.take(held_bytes=self._gateway.budget.used_bytes))

    async def _watch_supervisor(self) -> None:
        await self._sender.until_end()
        self._stopping.set()

    async def _say_goodbye(self) -> None:
        if self._access_log:
            await asyncio.to_thread(self._access_log.close, GOODBYE_S)
        self._report()
        while self._counters.has_more:
            self._report()
        await self._sender.close(GOODBYE_S)


def share_of(workers: int, pods: int) -> float:
    """The share of each rate limit that one worker grants; without the number of pods, its own counts alone."""
    return 1 / (workers * max(pods, 1))


def access_log_for(settings: Settings) -> AccessLog | None:
    """The access log on standard output, None where it is off."""
    share = settings.access_log
    if share is None:
        return None
    return AccessLog(
        share,
        sys.stdout.fileno(),
        log_format=settings.access_log_format,
        refusals_per_second=settings.access_log_refusals,
    )


def table_settings_for(settings: Settings) -> TableSettings:
    """What every table of this worker is made with."""
    is_trusted_proxy = proxy_trust(settings.trusted_proxies)
    correlation = None
    if settings.request_id or settings.trace_context != "off":
        traces = settings.trace_context
        correlation = Correlation(is_trusted_proxy, has_request_ids=settings.request_id, traces=traces)
    has_log = settings.access_log is not None
    return TableSettings(
        is_trusted_proxy,
        correlation,
        LoggedClaims(settings.access_log_claims) if has_log else None,
        settings.limits.max_request_body_bytes,
    )


def client_validation_for(settings: Settings) -> ClientValidation | None:
    """Which certificates clients need, None where they are asked for none."""
    if not settings.tls_client_ca:
        return None
    return ClientValidation(Path(settings.tls_client_ca), is_required=settings.tls_client_validation == "required")


def listener_for(settings: Settings, *, is_tls: bool) -> ListenerConfig:
    """The entrance on a listener with or without TLS."""
    return ListenerConfig(is_tls=is_tls, redirects_to=None if is_tls else settings.redirect_to_https or None)


def _report_exception(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an uncaught exception without asyncio's own text: that shows arguments, which are a request's bytes."""
    error = context.get("exception")
    log.error("unexpected exception", **(described(error) if isinstance(error, BaseException) else {}))


def _report_unraisable(ignored: sys.UnraisableHookArgs) -> None:
    """Log an exception that can't be raised; Python's own text shows the object, which may be a client's."""
    # A client that asks for a name (SNI) in bytes that are none: its handshake is refused and counted, that is enough.
    if isinstance(ignored.exc_value, BaseException) and not isinstance(ignored.exc_value, UnicodeDecodeError):
        log.error("unexpected exception", **described(ignored.exc_value))


async def _run(settings: Settings, listeners: Listeners, end: socket.socket, ports: socket.socket) -> None:
    asyncio.get_running_loop().set_exception_handler(_report_exception)
    await Worker(settings, listeners, await Sender.open(end), PortReceiver(ports)).run()


def main(arguments: Sequence[str]) -> int:
    """Run a worker; the arguments are the settings as JSON and the descriptors of both channels and the listeners."""
    settings = msgspec.json.decode(arguments[0], type=Settings)
    end, ports, *listeners = (socket.socket(fileno=int(descriptor)) for descriptor in arguments[1:])
    # Ctrl-C goes to every process of the terminal, but it is the supervisor that decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logs(worker=os.getpid())
    sys.unraisablehook = _report_unraisable
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    set_survivors_aside()
    try:
        uvloop.run(_run(settings, Listeners(*listeners), end, ports))
    except Exception as error:  # noqa: BLE001 # the edge of the process
        log.critical("worker failed", **described(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
