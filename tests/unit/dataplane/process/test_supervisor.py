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
from postern_dataplane.telemetry.worker_messages import PortsWanted, SnapshotLoaded

SERVING = SnapshotLoaded("abc", "default", 1, 1.0)


class Handed(list):
    """Keeps which ports a worker was handed and which were taken back; what one that `is_deaf` can't be sent."""

    is_deaf = False

    def send(self, opened, closed=()):
        if self.is_deaf:
            raise ChannelError("deaf")
        if opened or closed:
            self.append((list(opened), list(closed)))


class FakeWorker:
    """A worker that says what it is told to say, and ends when it is asked to."""

    started = ()

    def __init__(self, *, obeys=True):
        self.pid = 1000 + len(FakeWorker.started)
        self.obeys = obeys
        self.killed = False
        self.says = asyncio.Queue()
        self.ports = Handed()

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


@pytest.fixture
def taken():
    """A port that is in use."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def test_a_worker_gets_the_ports_that_it_asks_for_and_the_next_one_too(workers):
    """The sockets outlive the worker, so that what waits in their queues does."""
    port = free_port()
    async with supervising() as supervisor:
        workers()[0].says.put_nowait(PortsWanted((port,)))
        await until(lambda: workers()[0].ports)
        workers()[0].says.put_nowait(None)
        await until(lambda: len(workers()) == 2 and workers()[1].ports)
        assert ([([port], [])], {port: ""}) == (workers()[1].ports, supervisor.worker_pool.ports)
        supervisor.stop()


async def test_a_port_that_was_in_use_is_opened_when_it_is_free(workers, monkeypatch, taken):
    """It is tried again on and on, and meanwhile the pool knows why it is not open."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    port = taken.getsockname()[1]
    async with supervising() as supervisor:
        workers()[0].says.put_nowait(PortsWanted((port,)))
        await until(lambda: supervisor.worker_pool.ports)
        assert supervisor.worker_pool.ports[port].startswith("address already in use")
        await asyncio.sleep(0.05)
        taken.close()
        await until(lambda: supervisor.worker_pool.ports == {port: ""})
        assert [([port], [])] == workers()[0].ports
        supervisor.stop()


async def test_a_worker_that_takes_no_sockets_is_replaced(workers, monkeypatch, taken):
    """It would leave connections unanswered."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    async with supervising() as supervisor:
        workers()[0].says.put_nowait(PortsWanted((taken.getsockname()[1],)))
        await until(lambda: supervisor.worker_pool.ports)
        workers()[0].ports.is_deaf = True
        taken.close()
        await until(lambda: len(workers()) == 2)
        supervisor.stop()
    assert workers()[0].killed


async def test_nothing_is_opened_or_tried_again_while_it_drains(workers, monkeypatch, taken):
    """What a worker asks for at its end is of no use to anyone."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    port = free_port()
    async with supervising() as supervisor:
        workers()[0].says.put_nowait(PortsWanted((taken.getsockname()[1],)))
        await until(lambda: supervisor.worker_pool.ports)
        workers()[0].obeys = False
        supervisor.stop()
        workers()[0].says.put_nowait(PortsWanted((port,)))
        await asyncio.sleep(0.05)
        assert port not in supervisor.worker_pool.ports
        workers()[0].says.put_nowait(None)
