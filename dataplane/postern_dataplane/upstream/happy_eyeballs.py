"""Connects to the first of several addresses of one place that answers (RFC 8305)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

# RFC 8305, section 5: "A simple implementation can have a fixed delay ... recommended to be 250 milliseconds."
DELAY_S = 0.25


class Abortable(Protocol):
    """A connection, as far as it matters here."""

    def abort(self) -> None:
        """Drop it."""


C = TypeVar("C", bound=Abortable)


async def first_to_open(hosts: Iterable[str], open_: Callable[[str], Awaitable[C]]) -> C:
    """Return the first connection that is open; raises the OSError of the last host that failed.

    The next host is tried when one has failed, or has not answered for a moment.
    """
    left = list(hosts)
    error = OSError("no address to connect to")
    tasks: list[asyncio.Task[C | OSError]] = []
    opened: C | None = None
    winner: C | None = None
    try:
        async with asyncio.TaskGroup() as group:
            trying: set[asyncio.Task[C | OSError]] = set()
            while opened is None and (left or trying):
                if left:
                    tasks.append(group.create_task(_outcome(open_, left.pop(0))))
                    trying.add(tasks[-1])
                done, trying = await asyncio.wait(
                    trying, timeout=DELAY_S if left else None, return_when=asyncio.FIRST_COMPLETED
                )
                outcomes = [task.result() for task in done]
                opened = next((it for it in outcomes if not isinstance(it, OSError)), None)
                error = next((it for it in outcomes if isinstance(it, OSError)), error)
            for task in trying:
                task.cancel()
        winner = opened  # unless the time was over meanwhile
    finally:
        for task in tasks:
            if not task.cancelled() and not isinstance(late := task.result(), OSError) and late is not winner:
                late.abort()
    if winner is None:
        raise error
    return winner


async def _outcome(open_: Callable[[str], Awaitable[C]], host: str) -> C | OSError:
    try:
        return await open_(host)
    except OSError as error:
        return error
