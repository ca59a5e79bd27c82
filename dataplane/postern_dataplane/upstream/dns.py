"""Resolves names in the background, again and again; the last answer counts while none comes."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable

from postern_dataplane.background_tasks import BackgroundTasks

REFRESH_S = 30.0
# A silent name server must not delay connections without end.
TIMEOUT_S = 5.0


def is_address(host: str) -> bool:
    """Whether a host is an IP address and needs no resolving."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class DnsEntry:
    """A host name and the addresses that it has; `changed` is called when they are others.

    `known` are those of one family, `alternatives` those of the other.
    """

    def __init__(self, host: str, tasks: BackgroundTasks, changed: Callable[[], None]) -> None:
        self.host = host
        self.known: tuple[str, ...] = ()
        self.alternatives: tuple[str, ...] = ()
        self._tasks = tasks
        self._changed = changed
        self._resolved_at = float("-inf")
        self._running: asyncio.Task[None] | None = None

    def refresh(self) -> None:
        """Ask again in the background when the last answer is old."""
        if asyncio.get_running_loop().time() - self._resolved_at > REFRESH_S:
            self.ask()

    def ask(self) -> asyncio.Task[None]:
        """Ask, unless that is under way already; the task ends when there is an answer, or none."""
        if self._running is None or self._running.done():
            self._running = self._tasks.start(self._resolve(), f"resolve {self.host}")
        return self._running

    async def _resolve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await loop.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):  # TimeoutError is an OSError; the other is a name that DNS can't hold
            found = []
        # The system sorts (RFC 6724): a family without a way out comes last.
        of_first = {str(info[4][0]): info[0] == found[0][0] for info in found}
        known, others = (tuple(sorted(it for it in of_first if of_first[it] is is_first)) for is_first in (True, False))
        if known and (known, others) != (self.known, self.alternatives):
            self.known, self.alternatives = known, others
            self._changed()
        self._resolved_at = loop.time()
