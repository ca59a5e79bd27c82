"""Turns names into addresses, beside the requests and again and again; the last answer counts when none comes."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable

from .tasks import Tasks

REFRESH_S = 30.0
# A name server that is silent must not hold connections up for ever.
TIMEOUT_S = 5.0


def is_address(host: str) -> bool:
    """Whether a host is an IP address and needs no resolving."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Name:
    """A host name and the addresses that it has; `changed` is called when they are others."""

    def __init__(self, host: str, tasks: Tasks, changed: Callable[[], None]) -> None:
        self.host = host
        self.known: tuple[str, ...] = ()
        self._tasks = tasks
        self._changed = changed
        self._resolved_at = float("-inf")
        self._running: asyncio.Task[None] | None = None
        self._error: OSError | None = None

    def refresh(self) -> None:
        """Ask again in the background when the last answer is old."""
        if asyncio.get_running_loop().time() - self._resolved_at > REFRESH_S:
            self._start()

    async def addresses(self) -> tuple[str, ...]:
        """The addresses, waiting for the first answer; raises OSError if there never was one."""
        if not self.known:
            await asyncio.shield(self._start())
        if not self.known:
            raise self._error or OSError("the name has no address")
        return self.known

    def _start(self) -> asyncio.Task[None]:
        if self._running is None or self._running.done():
            self._running = self._tasks.start(self._resolve(), f"resolve {self.host}")
        return self._running

    async def _resolve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await loop.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
        except OSError as error:  # TimeoutError is one too
            self._error = error
        except UnicodeError:
            self._error = OSError("the name is not one that DNS can hold")
        else:
            known = tuple(sorted({str(info[4][0]) for info in found}))
            if known != self.known:
                self.known = known
                self._changed()
        self._resolved_at = loop.time()
