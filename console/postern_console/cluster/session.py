"""The connection of a console to the API server, which lasts longer than what the kubeconfig says at one time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Self

from postern_cli.cluster.connection import Connection, connected
from postern_cli.errors import ClusterReadingError
from postern_cli.sources import Where

# Tokens of accounts and those that a program makes, as in managed clusters, end after ten minutes at the soonest.
RENEW_S = 240.0


class Session:
    """Reads the kubeconfig again every few minutes; as a context it closes what it has opened.

    It stays with the API server of its first connection: a change that was seen for one cluster is saved in no other.
    """

    def __init__(self, where: Where) -> None:
        self._where = where
        self._opened_s = 0.0
        self._current: Connection | None = None
        # Two that renew at once would close what the other has just opened, and run the kubeconfig's program twice.
        self._lock = asyncio.Lock()
        self._stack = contextlib.AsyncExitStack()
        # What is still being asked of the connection before ends before that is closed.
        self._stack_before = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack_before.aclose()
        await self._stack.aclose()

    async def connection(self) -> Connection:
        """A connection that is not old; raises `ClusterReadingError` where the kubeconfig can't be used."""
        async with self._lock:
            if self._current is None or time.monotonic() - self._opened_s > RENEW_S:
                self._current = await self._opened(self._current)
                self._opened_s = time.monotonic()
            return self._current

    async def _opened(self, before: Connection | None) -> Connection:
        stack = contextlib.AsyncExitStack()
        current = await stack.enter_async_context(connected(self._where))
        was, now = (it.api.configuration.host if it else "" for it in (before, current))
        if was not in ("", now):
            await stack.aclose()
            raise ClusterReadingError(
                f"the kubeconfig names the API server {now} by now, and this console is about {was}; start another one"
            )
        await self._stack_before.aclose()
        self._stack_before, self._stack = self._stack, stack
        return current

    def renew(self) -> None:
        """Read the kubeconfig again before the next question: the last one had no answer."""
        self._opened_s = float("-inf")
