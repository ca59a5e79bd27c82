"""The operator put together; what it does is shown against a real API server, in tests/cluster."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from fake_lists import FakeLists, serving
from postern_operator.cluster.app import Operator, _until_signal
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.settings import Settings


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_well(number):
    """What is inside is cancelled, and whoever waits goes on."""
    async with asyncio.timeout(20), _until_signal():
        os.kill(os.getpid(), number)
        await asyncio.Event().wait()


async def test_another_s_cancelling_is_no_good_end():
    """Only a signal is."""

    async def inside():
        async with _until_signal():
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(inside())
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


async def test_before_everything_is_listed_it_is_not_ready():
    """The operator is not ready before all kinds are listed, and names the missing ones."""
    async with serving(FakeLists()) as api:
        operator = Operator(Settings(), api, None, Metrics())
        assert "routes of postern.dev/v1alpha1" in operator.why_not_ready()
