"""Serves a console on loopback until it is stopped, or has been idle for too long."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable

from postern_kit.stop_signals import STOP_SIGNALS, on_stop_signal

from .access import IDLE_S, Access
from .app import new_application
from .connections import listening
from .objects import ConsoleObjects

# A port that is free for IPv4 may be taken for IPv6.
ATTEMPTS = 16
NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def loopback_sockets() -> list[socket.socket]:
    """Bind 127.0.0.1 and, where the machine has it, [::1], to one port that the system chooses."""
    for attempt in range(ATTEMPTS):
        first = socket.create_server(("127.0.0.1", 0))
        try:
            return [first, socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6)]
        except OSError as error:
            if error.errno in NO_IPV6:
                return [first]
            first.close()
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


@contextlib.asynccontextmanager
async def running(objects: ConsoleObjects, idle_s: float = IDLE_S) -> AsyncIterator[tuple[str, Access]]:
    """Serve as long as the context lasts; yields the start link and who may come in."""
    sockets = loopback_sockets()
    port = int(sockets[0].getsockname()[1])
    access = Access(port, time.monotonic, idle_s)
    async with listening(new_application(objects, access, port), sockets):
        yield f"http://127.0.0.1:{port}{access.start_path}", access


async def serve(objects: ConsoleObjects, opened: Callable[[str], None], idle_s: float = IDLE_S) -> str:
    """Serve until a signal or until the time is over; calls back with the start link, returns why it has ended."""
    async with asyncio.TaskGroup() as group:
        gateways = group.create_task(objects.gateways.run())
        why = await _until_end(objects, opened, idle_s)
        gateways.cancel()
    return why


async def _until_end(objects: ConsoleObjects, opened: Callable[[str], None], idle_s: float) -> str:
    stopped = asyncio.Event()
    async with running(objects, idle_s) as (link, access):
        with on_stop_signal(stopped.set, _stop_signals()):
            opened(link)
            while (left := access.ends_in_s()) > 0:
                with contextlib.suppress(TimeoutError):
                    # The link may be opened meanwhile, and the session be over before the link would be.
                    await asyncio.wait_for(stopped.wait(), min(left, idle_s))
                if stopped.is_set():
                    return "stopped"
    return f"no request for {idle_s / 60:g} minutes" if access.has_session else "the link was not opened in a minute"


def _stop_signals() -> tuple[signal.Signals, ...]:
    """As of a run: a terminal that closes must not leave the snapshot of a gateway behind, which holds secrets."""
    hears_hangup = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return (*STOP_SIGNALS, signal.SIGHUP) if hears_hangup else STOP_SIGNALS
