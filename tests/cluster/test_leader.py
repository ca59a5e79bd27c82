"""Leadership by a Lease of a real API server: a leader that is killed, one that stops, and a server that goes away."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from cluster.kubectl import Kubectl
from cluster.shared import Api
from operator_account import client_of, operator_account
from postern_operator.cluster.leader_election import LEASE, LEASE_S, RETRY_S, Leadership

# Who leads, as a process of its own, and says so.
LEADER = """
import asyncio, sys
from operator_account import client_of
from postern_operator.cluster.leader_election import Leadership

async def act():
    print("leading", flush=True)
    await asyncio.Event().wait()

async def main(kubeconfig, namespace):
    async with client_of(kubeconfig) as client:
        await Leadership(client, namespace, "first").lead(act)

asyncio.run(main(*sys.argv[1:]))
"""
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture
def operator(kubectl, namespace, tmp_path):
    with operator_account(kubectl, namespace, tmp_path) as operator:
        yield operator


@pytest.fixture
async def leader(operator, namespace):
    """A process that leads."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LEADER, operator.kubeconfig, namespace,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SUPPORT)},
    )  # fmt: skip
    assert b"leading\n" == await asyncio.wait_for(process.stdout.readline(), timeout=60)
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def takes_over_in(leader, operator, namespace, how):
    """How many seconds a standby, which has watched for a while, needs after the leader has gone."""
    leads = asyncio.Event()

    async def act():
        leads.set()
        await asyncio.Event().wait()

    async with client_of(operator.kubeconfig) as client, asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        standing_by = tasks.create_task(Leadership(client, namespace, "second").lead(act))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(leads.wait(), timeout=3 * RETRY_S)
        leader.send_signal(how)
        gone_at_s = time.monotonic()
        await leads.wait()
        standing_by.cancel()
    return time.monotonic() - gone_at_s


async def test_a_standby_takes_over_from_a_leader_that_is_killed(leader, operator, namespace):
    """When its lease has run out."""
    assert LEASE_S - 2 * RETRY_S < await takes_over_in(leader, operator, namespace, signal.SIGKILL) < 15


async def test_a_standby_takes_over_at_once_from_a_leader_that_stops(leader, operator, namespace):
    """It has given the lease back."""
    assert await takes_over_in(leader, operator, namespace, signal.SIGINT) < LEASE_S / 2


async def test_the_lease_says_who_leads(leader, kubectl, namespace):
    """For `kubectl get lease`."""
    assert "first" == kubectl.get("lease", LEASE, namespace)["spec"]["holderIdentity"]


async def test_a_leader_stops_acting_while_the_server_is_away(private_api, api, tmp_path):
    """A leader stops acting while the API server is away, and acts again when it is back."""
    kubectl = Kubectl(Api(private_api.kubeconfig, api.kubectl), tmp_path)
    kubectl("create", "namespace", "leading", check=True)
    acts = asyncio.Queue()

    async def act():
        acts.put_nowait(True)
        try:
            await asyncio.Event().wait()
        finally:
            acts.put_nowait(False)

    with operator_account(kubectl, "leading", tmp_path) as operator:
        async with client_of(operator.kubeconfig) as client, asyncio.timeout(120), asyncio.TaskGroup() as tasks:
            leading = tasks.create_task(Leadership(client, "leading", "first").lead(act))
            assert await acts.get()
            await asyncio.to_thread(private_api.stop_api, kill=True)
            assert not await acts.get()
            await asyncio.to_thread(private_api.start_api)
            assert await acts.get()
            leading.cancel()
