"""Follows the hints of every ready data-plane pod of a gateway: which issuers' tokens name unknown keys.

One question at a time is held open at each pod, and none while no issuer's keys are fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable

import aiohttp

from postern_operator.issuer_keys.hints import follow_hints

from .data_plane_pods import AdminEndpoint

# A pod that is new is asked by then at the latest.
LOOK_AGAIN_S = 10.0


class PodHints:
    """`pods` returns the admin ports to ask, none while nothing is fetched; `hint` is called with ids of issuers."""

    def __init__(self, pods: Callable[[], Iterable[AdminEndpoint]], hint: Callable[[Collection[str]], None]) -> None:
        self._pods = pods
        self._hint = hint
        self._asking: dict[AdminEndpoint, asyncio.Task[None]] = {}
        self._must_look = asyncio.Event()

    def changed(self) -> None:
        """Look at once which pods there are."""
        self._must_look.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        try:
            async with _session() as session, asyncio.TaskGroup() as tasks:
                while True:
                    self._must_look.clear()
                    self._follow(frozenset(self._pods()), session, tasks)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_AGAIN_S):
                            await self._must_look.wait()
        finally:
            self._asking = {}

    def _follow(self, pods: frozenset[AdminEndpoint], session: aiohttp.ClientSession, tasks: asyncio.TaskGroup) -> None:
        for gone in self._asking.keys() - pods:
            self._asking.pop(gone).cancel()
        for pod in pods - self._asking.keys():
            self._asking[pod] = tasks.create_task(follow_hints(pod.origins, session, self._hint))


@contextlib.asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client of its own: questions that are held open must not take the connections of those that are not."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        yield session
