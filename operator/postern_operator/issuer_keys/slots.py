"""Which fetches may go on at the same time, so that no namespace's sources hold up those of another.

Rules of this file:
1. A namespace has `OF_ONE_NAMESPACE` slots, of which half are for sources that are well, as are half of all.
2. A slot of a namespace is taken before one of all, so that as many wait for these as a namespace may hold.
3. A slot is given back when all that was begun in it has ended, not when the fetch was given up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

AT_ONCE = 16
OF_ONE_NAMESPACE = 2

_begun: ContextVar[list[Future[Any]] | None] = ContextVar("begun", default=None)


def hold_until_done(work: Future[Any]) -> None:
    """Keep the slot of this fetch, if it has one, until work in a thread has ended: no time limit ends that."""
    if (begun := _begun.get()) is not None:
        begun.append(work)


@dataclass(slots=True)
class _Lane:
    """The slots of one namespace; `users` hold one or wait for it."""

    all: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(OF_ONE_NAMESPACE))
    failing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(OF_ONE_NAMESPACE // 2))
    users: int = 0


class Slots:
    """The slots of all namespaces; memory is that of the namespaces with fetches."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(AT_ONCE)
        self._failing = asyncio.Semaphore(AT_ONCE // 2)
        self._lanes: dict[str, _Lane] = {}

    @contextlib.asynccontextmanager
    async def slot(self, namespaces: Collection[str], *, is_failing: bool) -> AsyncIterator[None]:
        """Wait for a slot of that of these namespaces with the fewest fetches, and hold it."""
        with contextlib.ExitStack() as held:
            lane = self._enter(namespaces, held)
            gates = (lane.failing, lane.all, self._failing, self._all) if is_failing else (lane.all, self._all)
            for gate in gates:
                await gate.acquire()
                held.callback(gate.release)
            begun: list[Future[Any]] = []
            _begun.set(begun)
            try:
                yield
            finally:
                _begun.set(None)
                _after(begun, held.pop_all().close, asyncio.get_running_loop())

    def _enter(self, namespaces: Collection[str], held: contextlib.ExitStack) -> _Lane:
        name = min(sorted(namespaces), key=lambda it: self._lanes[it].users if it in self._lanes else 0)
        lane = self._lanes.setdefault(name, _Lane())
        lane.users += 1
        held.callback(self._leave, name)
        return lane

    def _leave(self, name: str) -> None:
        lane = self._lanes[name]
        lane.users -= 1
        if not lane.users:
            del self._lanes[name]


def _after(begun: list[Future[Any]], release: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
    left = [it for it in begun if not it.done()]
    if not left:
        release()
        return

    def look_again(_: Future[Any]) -> None:
        # From the thread of the work, which may outlive the loop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_after, left, release, loop)

    left[0].add_done_callback(look_again)
