"""Keeps the buckets of a worker in step with the fleet: sends what was counted, and learns what others did.

No request waits for this.  While the store fails, the worker grants its own share of each limit, and tries again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.rate_limits.unsent_counts import Spent, UnsentCounts
from postern_dataplane.telemetry.definitions import RATE_LIMIT_STORE_BATCHES, Metric
from postern_kit.backoff import Backoff
from postern_kit.logs import log

# How long the fleet doesn't know of a request, and a limit may be exceeded by what others grant meanwhile.
BATCH_S = 0.1
# In one batch. Writing it takes a worker 1.5 ms, and requests wait; the store takes about as long, and others wait.
BATCH_KEYS_MAX = 250
# A connection that has lasted so long was a good one: when it fails, the next is tried at once.
LASTED_S = 10.0


class Store(Protocol):
    """What is asked of a connection."""

    async def check(self) -> None: ...

    async def add(self, gateway: str, batch: Sequence[Spent], debts_max_s: Sequence[float]) -> list[float]: ...


class Counter(Protocol):
    """What counts batches."""

    def count(self, metric: Metric, *labels: str | int, by: float = 1) -> None: ...


class StoreSync:
    """The loop of one worker; `gateway` names the fleet, and nothing is shared before it is known."""

    def __init__(
        self,
        buckets: TokenBuckets,
        connect: Callable[[], AbstractAsyncContextManager[Store]],
        counter: Counter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gateway = ""
        self._buckets = buckets
        self._connect = connect
        self._counter = counter
        # The one by which requests are decided.
        self._clock = clock
        self._backoff = Backoff()
        self._is_failing = False

    async def run(self) -> None:
        """Stay in step until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                async with self._connect() as store:
                    await self._stay_in_step(store)
            except Exception as error:  # noqa: BLE001 - whatever a store can do, requests go on
                self._failed(error)
            finally:
                self._buckets.leave_fleet()
            if loop.time() - began >= LASTED_S:
                self._backoff.succeeded()
            await asyncio.sleep(self._backoff.next_s())

    async def _stay_in_step(self, store: Store) -> None:
        await store.check()
        unsent = UnsentCounts()
        self._buckets.join_fleet(unsent)
        if self._is_failing:
            log.info("rate limits are counted with the fleet again")
            self._is_failing = False
        while True:
            if batch := unsent.take(BATCH_KEYS_MAX) if self.gateway else []:
                await self._exchange(store, batch)
            # A full batch has more behind it.
            if len(batch) < BATCH_KEYS_MAX:
                await asyncio.sleep(BATCH_S)

    async def _exchange(self, store: Store, batch: Sequence[Spent]) -> None:
        debts_max_s = [self._buckets.debt_max_s(spent.limit) for spent in batch]
        debts_s = await store.add(self.gateway, batch, debts_max_s)
        now = self._clock()
        for spent, debt_s in zip(batch, debts_s, strict=True):
            self._buckets.learn(spent.limit, spent.key, debt_s, now)
        self._counter.count(RATE_LIMIT_STORE_BATCHES, "counted")

    def _failed(self, error: Exception) -> None:
        self._counter.count(RATE_LIMIT_STORE_BATCHES, "failed")
        if not self._is_failing:
            # Its text is the store's, which may say anything.
            log.warning("rate limits are counted by each worker alone: their store fails", error=type(error).__name__)
            self._is_failing = True
