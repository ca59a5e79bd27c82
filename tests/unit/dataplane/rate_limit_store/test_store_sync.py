"""The loop between a worker's buckets and the store, with a store that does what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from bucket_calls import passed, takes
from postern_dataplane.rate_limit_store import store_sync
from postern_dataplane.rate_limit_store.store_sync import StoreSync
from postern_dataplane.rate_limits.limit import Limit
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.definitions import RATE_LIMIT_STORE_BATCHES

TEN_A_SECOND = Limit("default/api/0", 10, 1.0, 10)


class FakeStore:
    """Answers with a debt, or raises."""

    def __init__(self):
        self.error = None
        self.debt_s = 0.0
        self.batches = []

    @contextlib.asynccontextmanager
    async def connect(self):
        yield self

    async def check(self):
        if self.error:
            raise self.error

    async def add(self, gateway, batch, debts_max_s):
        if self.error:
            raise self.error
        self.batches.append((gateway, batch, debts_max_s))
        return [self.debt_s] * len(batch)


@pytest.fixture
def store():
    return FakeStore()


@pytest.fixture
async def running(store, monkeypatch):
    """Run the loop of one worker of five beside the test, ten times as fast."""
    monkeypatch.setattr(store_sync, "BATCH_S", 0.01)
    buckets, counters = TokenBuckets(share=0.2), Counters()
    sync = StoreSync(buckets, store.connect, counters, lambda: 0.0)
    sync.gateway = "default"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sync.run())
        yield buckets, counters
        task.cancel()


async def until(is_so):
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


def batches(counters):
    return dict(counters.take().counts[RATE_LIMIT_STORE_BATCHES.name])


async def test_what_passed_is_sent_and_the_answer_learnt(running, store):
    """One batch for all that passed since the last one."""
    buckets, counters = running
    await until(lambda: buckets.is_shared)
    store.debt_s = 0.9
    for _ in range(3):
        takes(buckets, TEN_A_SECOND)
    await until(lambda: store.batches)
    assert [("default", [(TEN_A_SECOND, b"a", 3)], [5.0])] == store.batches
    assert [True, False] == [takes(buckets, TEN_A_SECOND) for _ in range(2)]
    assert {("counted",): 1} == batches(counters)


@pytest.mark.parametrize("error", [OSError(), TimeoutError(), ValueError("hunter2"), RecursionError()])
async def test_a_store_that_fails_leaves_the_worker_its_share(running, store, error, capfd):
    """Whatever it raises; it is logged once, without its words, and the loop comes back when it answers."""
    buckets, counters = running
    await until(lambda: buckets.is_shared)
    store.error = error
    takes(buckets, TEN_A_SECOND)
    await until(lambda: not buckets.is_shared)
    assert 2 == passed(buckets, TEN_A_SECOND, b"b", times=10)
    await asyncio.sleep(0.3)
    store.error = None
    await until(lambda: buckets.is_shared)
    assert 2 <= batches(counters)["failed",]
    said = "".join(capfd.readouterr())
    assert (1, 1, 0) == (said.count("their store fails"), said.count("with the fleet again"), said.count("hunter2"))


def test_the_clock_is_the_one_by_which_requests_are_decided(store):
    """A time of day that is set back would leave the fleet's debts far in the future."""
    assert time.monotonic is StoreSync(TokenBuckets(), store.connect, Counters())._clock


async def test_nothing_is_sent_before_the_gateway_is_known(store, monkeypatch):
    """Two gateways that share a store don't share their counts."""
    monkeypatch.setattr(store_sync, "BATCH_S", 0.01)
    buckets = TokenBuckets()
    sync = StoreSync(buckets, store.connect, Counters(), lambda: 0.0)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sync.run())
        await until(lambda: buckets.is_shared)
        takes(buckets, TEN_A_SECOND)
        await asyncio.sleep(0.05)
        assert [] == store.batches
        sync.gateway = "inner"
        await until(lambda: store.batches)
        task.cancel()
    assert ("inner", False) == (store.batches[0][0], buckets.is_shared)


async def test_many_keys_go_in_several_batches(running, store, monkeypatch):
    """A batch keeps the store from others for some milliseconds and no more."""
    monkeypatch.setattr(store_sync, "BATCH_KEYS_MAX", 10)
    buckets, _ = running
    await until(lambda: buckets.is_shared)
    for number in range(25):
        takes(buckets, TEN_A_SECOND, b"%d" % number)
    await until(lambda: len(store.batches) == 3)
    assert [10, 10, 5] == [len(batch) for _, batch, _ in store.batches]
