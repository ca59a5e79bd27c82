"""The sidecar in this process: what it needs to start, and how it stops."""

from __future__ import annotations

import asyncio
import os
import signal
import socket

import pytest

from generations import generation_of
from postern_dataplane.errors import ListenError
from postern_dataplane.sync.errors import StartError
from postern_dataplane.sync.settings import SyncSettings
from postern_dataplane.sync.sidecar import run_sidecar
from postern_kit.addresses import Address

FIRST = generation_of("/a")


@pytest.fixture
def settings(tmp_path, kubeconfig):
    """Those of a sidecar of the API server of these tests."""
    return {"config": str(tmp_path / "snapshot"), "namespace": "postern-default", "kubeconfig": str(kubeconfig)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it(api, settings, number):
    """In the middle of a watch, and nobody is left behind."""
    api.publish(FIRST)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(run_sidecar(SyncSettings(**settings)))
        await api.watched()
        os.kill(os.getpid(), number)


async def test_it_does_not_start_without_a_way_to_the_api_server(settings):
    """A mistake is not hidden in a retry."""
    with pytest.raises(StartError, match="the kubeconfig /nowhere can't be used"):
        await run_sidecar(SyncSettings(**{**settings, "kubeconfig": "/nowhere"}))


async def test_it_does_not_start_without_its_folder(settings, tmp_path):
    """Nobody could read what it brings."""
    (tmp_path / "snapshot").touch()
    with pytest.raises(StartError, match="can't be made a folder"):
        await run_sidecar(SyncSettings(**settings))


async def test_it_does_not_start_without_its_port(settings):
    """A probe would kill it later."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = Address(*other.getsockname())
        with pytest.raises(ListenError, match="address already in use"):
            await run_sidecar(SyncSettings(**settings, health=address))
