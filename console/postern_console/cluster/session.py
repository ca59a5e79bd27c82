"""The connection of a console to the API server, which lasts longer than what the kubeconfig says at one time."""

from __future__ import annotations

import contextlib
import time
from typing import Self

from postern_cli.cluster.connection import Connection, connected
from postern_cli.sources import Where

# Tokens of accounts and those that a program makes, as in managed clusters, end after ten minutes at the soonest.
RENEW_S = 240.0


class Session:
    """Reads the kubeconfig again every few minutes; as a context it closes what it has opened."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._opened_s = 0.0
        self._current: Connection | None = None
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
        if self._current is None or time.monotonic() - self._opened_s > RENEW_S:
            stack = contextlib.AsyncExitStack()
            current = await stack.enter_async_context(connected(self._where))
            await self._stack_before.aclose()
            self._stack_before, self._stack = self._stack, stack
            self._current, self._opened_s = current, time.monotonic()
        return self._current

    def renew(self) -> None:
        """Read the kubeconfig again before the next question: the last one had no answer."""
        self._opened_s = float("-inf")
