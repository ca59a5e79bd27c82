"""Workers kept, replaced and ended, with workers that are no processes."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from postern_dataplane.errors import ChannelError, ListenError
from postern_dataplane.process import supervisor as module
from postern_dataplane.process.supervisor import Supervisor, supervise
from postern_dataplane.settings import Settings
from postern_dataplane.sockets import Listeners
from postern_dataplane.telemetry.worker_messages import SnapshotLoaded

SERVING = SnapshotLoaded("abc", "default", 1, 1.0)


class FakeWorker:
    """A worker that says what it is told to say, and ends when it is asked to."""

    started = ()

    def __init__(self, *, obeys=True):
        self.pid = 1000 + len(FakeWorker.started)
        self.obeys = obeys
        self.killed = False
        self.says = asyncio.Queue()

    @classmethod
    async def start(cls, _settings, _listener):
        worker = cls()
        FakeWorker.started = (*FakeWorker.started, worker)
        return worker

    async def receive(self):
        said = await self.says.get()
        if isinstance(said, Exception):
            raise said
        return said

    def stop(self):
        if self.obeys:
            self.says.put_nowait(None)

    def kill(self):
        self.killed = True
        self.says.put_nowait(None)

    async def ended(self, _timeout_s):
        return 0


@pytest.fixture
def workers(monkeypatch):
    """The workers that were started, all of them."""
    monkeypatch.setattr(FakeWorker, "started", ())
    monkeypatch.setattr(module, "WorkerProcess", FakeWorker)
    monkeypatch.setattr(module, "BACKOFF_S", (0.0,))
    return lambda: FakeWorker.started


async def until(is_so):
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def supervising(count=1):
    """A supervisor at work, which has ended at the end."""
    listeners = [Listeners(socket.socket(), socket.socket()) for _ in range(count)]
    supervisor = Supervisor(Settings(config="/", workers=count), listeners)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        await until(lambda: len(supervisor.worker_pool.workers) == count)
        yield supervisor
    assert {-1} == {one.fileno() for pair in listeners for one in pair.all}


async def test_every_listener_has_a_worker(workers):
    """Every listener has a worker, which is in the pool."""
    async with supervising(2) as supervisor:
        assert [1000, 1001] == [worker.pid for worker in supervisor.worker_pool.workers.values()]
        supervisor.stop()


async def test_what_a_worker_tells_is_known(workers):
    """By its slot."""
    async with supervising() as supervisor:
        workers()[0].says.put_nowait(SERVING)
        await until(lambda: supervisor.worker_pool.common == SERVING)
        supervisor.stop()


async def test_a_worker_that_ends_is_replaced(workers):
    """A worker that ends is replaced and counted."""
    async with supervising() as supervisor:
        workers()[0].says.put_nowait(None)
        await until(lambda: len(workers()) == 2)
        supervisor.stop()
    assert 1 == supervisor.worker_pool.restarts


async def test_a_worker_that_talks_nonsense_is_replaced(workers):
    """Whatever else it does, it can't be trusted to serve."""
    async with supervising() as supervisor:
        workers()[0].says.put_nowait(ChannelError("nonsense"))
        await until(lambda: len(workers()) == 2)
        supervisor.stop()
    assert workers()[0].killed


async def test_a_worker_that_can_not_be_started_is_tried_again(workers, monkeypatch):
    """The machine may be out of processes for a moment."""
    start, failures = FakeWorker.start, [OSError("no"), OSError("no")]

    async def fail_first(*arguments):
        if failures:
            raise failures.pop()
        return await start(*arguments)

    monkeypatch.setattr(FakeWorker, "start", fail_first)
    async with supervising() as supervisor:
        supervisor.stop()
    assert 2 == supervisor.worker_pool.restarts


async def test_a_stop_ends_all_and_replaces_none(workers):
    """It is told to the workers at once."""
    async with supervising(2) as supervisor:
        supervisor.stop()
        assert "draining" == supervisor.worker_pool.why_not_ready()
    assert (2, 0, [False, False]) == (
        len(workers()),
        supervisor.worker_pool.restarts,
        [one.killed for one in workers()],
    )


async def test_a_second_stop_ends_them_now(workers):
    """A second stop ends all workers at once, also those that ignore signals."""
    async with supervising() as supervisor:
        workers()[0].obeys = False
        supervisor.stop()
        supervisor.stop()
    assert workers()[0].killed


async def test_a_worker_that_does_not_end_in_time_is_killed(workers, monkeypatch):
    """The grace is for requests, not for ever."""
    monkeypatch.setattr(module, "AFTER_GRACE_S", -30.0)
    async with supervising() as supervisor:
        workers()[0].obeys = False
        supervisor.stop()
    assert workers()[0].killed


async def test_a_stop_reaches_a_worker_that_is_just_being_started(workers, monkeypatch):
    """Otherwise it would run on alone."""
    start, is_starting, may_start = FakeWorker.start, asyncio.Event(), asyncio.Event()

    async def start_later(*arguments):
        is_starting.set()
        await may_start.wait()
        return await start(*arguments)

    monkeypatch.setattr(FakeWorker, "start", start_later)
    supervisor = Supervisor(Settings(config="/", workers=1), [Listeners(socket.socket())])
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        await is_starting.wait()
        supervisor.stop()
        may_start.set()
    assert (1, {}) == (len(workers()), supervisor.worker_pool.workers)


async def test_sockets_are_closed_when_it_can_not_start():
    """The first address is free again when the second is taken."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = module.address_of(other)
        free = module.open_listener(taken._replace(port=0))
        listen = module.address_of(free)
        free.close()
        with pytest.raises(ListenError):
            await supervise(Settings(config="/", workers=1, listen=listen, admin=taken))
    module.open_listener(listen).close()
