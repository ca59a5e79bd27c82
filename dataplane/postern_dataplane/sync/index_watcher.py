"""Follows the index of a gateway: lists it, watches it, and begins anew whenever that ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from postern_kit.backoff import Backoff
from postern_kit.logs import described, log

from .errors import ApiError
from .latest_value import LatestValue
from .published_objects import Listed

# A round that lasted so long was a good one, however it ended: the next begins soon.
LIVED_LONG_S = 5.0


class Index(Protocol):
    """Where the index is read; see `PublishedObjects`."""

    async def index(self) -> Listed:
        """The index as it is now."""

    def index_changes(self, version: str) -> AsyncIterator[bytes | None]:
        """The index after each change since then."""

    async def reset(self) -> None:
        """Connect anew."""


class IndexWatcher:
    """Hands each index that it sees to `latest`."""

    def __init__(self, published: Index, latest: LatestValue, backoff: Backoff) -> None:
        self._published = published
        self._latest = latest
        self._backoff = backoff
        self._trouble: str | None = None
        self._is_there = True

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self._round()
            if loop.time() - began >= LIVED_LONG_S:
                self._backoff.succeeded()
            await asyncio.sleep(self._backoff.next_s())

    async def _round(self) -> None:
        try:
            await self._list_and_watch()
        except ApiError as error:
            await self._failed(str(error))
        except Exception as error:  # noqa: BLE001 # the edge of the loop: the next round begins anew
            await self._failed("index can't be followed", **described(error))

    async def _list_and_watch(self) -> None:
        listed = await self._published.index()
        if self._trouble is not None:
            self._trouble = None
            log.info("API server answers again")
        self._seen(listed.content)
        async for content in self._published.index_changes(listed.version):
            self._seen(content)

    def _seen(self, content: bytes | None) -> None:
        if content is not None:
            self._latest.put(content)
        is_there = content is not None
        if self._is_there and not is_there:
            log.warning("there is no index; what is on disk stays")
        elif is_there and not self._is_there:
            log.info("there is an index again")
        self._is_there = is_there

    async def _failed(self, trouble: str, **details: str) -> None:
        if trouble != self._trouble:
            # Once: retries are silent until one succeeds, which is logged too.
            log.warning("index is not followed for now", error=trouble, **details)
            self._trouble = trouble
        await self._published.reset()
