"""A worker as a real process."""

from __future__ import annotations

import signal

import pytest

from postern_dataplane.process.worker_process import WorkerProcess
from postern_dataplane.settings import Settings
from postern_dataplane.sockets import Listeners, open_listener
from postern_dataplane.telemetry.worker_messages import SnapshotLoaded
from postern_kit.addresses import Address


@pytest.fixture
async def worker(folder, publish):
    """One that has just loaded a snapshot."""
    publish("/a")
    with open_listener(Address("127.0.0.1", 0)) as listener:
        process = await WorkerProcess.start(Settings(config=str(folder), workers=1), Listeners(listener))
    assert isinstance(await process.receive(), SnapshotLoaded)
    return process


async def test_a_worker_that_is_stopped_says_goodbye_and_ends(worker):
    """With its last counts, and status 0."""
    worker.stop()
    while await worker.receive() is not None:
        pass
    assert 0 == await worker.ended(5)


async def test_a_worker_that_is_killed_just_ends(worker):
    """The status says by what; to stop it afterwards does no harm."""
    worker.kill()
    status = await worker.ended(5)
    worker.stop()
    assert -signal.SIGKILL == status


async def test_a_worker_that_does_not_end_is_killed(worker):
    """Nobody waits for ever."""
    assert -signal.SIGKILL == await worker.ended(0.01)
