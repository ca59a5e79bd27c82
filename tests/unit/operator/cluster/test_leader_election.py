"""Leadership: taken, held for certain, lost and given back."""

import asyncio
import contextlib
import json

import aiohttp
import pytest
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.leaderelection.leaderelection import LeaderElection

from fake_api import fake_api
from postern_operator.cluster.leader_election import LEASE_S, RENEW_DEADLINE_S, RETRY_S, Leadership

PATH = "/apis/coordination.k8s.io/v1/namespaces/system/leases/postern-operator"


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, client


async def nothing_else():
    await asyncio.Event().wait()


async def test_the_first_acts_at_once_and_gives_the_lease_back(fake):
    """A standby needn't wait for its end."""
    api, client = fake
    leadership = Leadership(client, "system", "one")
    seen = asyncio.Queue()

    async def act():
        seen.put_nowait((leadership.is_held(), api.objects[PATH]["spec"]["holderIdentity"]))
        await nothing_else()

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        leading = tasks.create_task(leadership.lead(act))
        first = await seen.get()
        leading.cancel()

    assert (True, "one") == first
    assert ("", False) == (api.objects[PATH]["spec"]["holderIdentity"], leadership.is_held())


async def test_a_standby_does_not_act_while_the_lease_is_held(fake):
    """A standby does not act while the Lease is held, and leaves the Lease alone when it stops."""
    _, client = fake
    acted = []

    async def act_second():
        acted.append("two")
        await nothing_else()

    async def act_first():
        standby = Leadership(client, "system", "two")
        waiting = asyncio.wait_for(standby.lead(act_second), timeout=0.3)
        with pytest.raises(TimeoutError):
            await waiting
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        await Leadership(client, "system", "one").lead(act_first)

    assert [] == acted


async def test_who_cannot_be_certain_stops_acting_at_once(fake):
    """It was stopped for a while, and somebody may have taken over."""
    _, client = fake
    clock = Clock()
    leadership = Leadership(client, "system", "one", clock)
    stopped = asyncio.Queue()

    async def act():
        clock.now_s += RENEW_DEADLINE_S
        held = leadership.is_held()
        try:
            await nothing_else()
        finally:
            stopped.put_nowait(held)

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        leading = tasks.create_task(leadership.lead(act))
        was_held = await stopped.get()
        leading.cancel()

    assert not was_held


async def test_a_renewal_that_takes_a_cancellation_for_a_failure_is_ended(fake, monkeypatch):
    """A replica that stops gives the Lease back, and does not renew it for good."""
    api, client = fake
    acting = asyncio.Event()

    async def renew_loop(_election):
        with contextlib.suppress(asyncio.CancelledError):
            await nothing_else()
        await nothing_else()

    async def act():
        acting.set()
        await nothing_else()

    monkeypatch.setattr(LeaderElection, "renew_loop", renew_loop)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        leading = tasks.create_task(Leadership(client, "system", "one").lead(act))
        await acting.wait()
        await asyncio.sleep(0)  # the renewals begin
        leading.cancel()
    assert "" == api.objects[PATH]["spec"]["holderIdentity"]


async def test_what_acting_raises_is_raised(fake):
    """An exception of the leader's work is raised, and the Lease is released."""
    api, client = fake

    async def act():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Leadership(client, "system", "one").lead(act)
    assert "" == api.objects[PATH]["spec"]["holderIdentity"]


async def test_a_lock_without_an_answer_is_a_failure_and_no_crash():
    """The election goes on and tries again."""
    client = ApiClient(Configuration(host="http://127.0.0.1:9"))
    lock = Leadership(client, "system", "one")._lock
    try:
        is_there, error = await lock.get("postern-operator", "system")
        assert (False, 0, "ClientConnectorError") == (is_there, error.status, error.reason)
        await lock.release()
    finally:
        await client.close()


@pytest.mark.parametrize("raised", [TimeoutError(), aiohttp.ClientPayloadError(), OSError()])
async def test_a_renewal_that_fails_is_none(fake, raised):
    """Leadership isn't held by what was only asked for."""
    _, client = fake
    lock = Leadership(client, "system", "one")._lock

    async def request():
        raise raised

    assert not await lock._noting_when(request())
    assert lock.renewed_at_s is None


def test_a_standby_takes_over_in_time_and_never_too_early():
    """It may see a renewal late, and notice its end as late again; a leader gives up before."""
    assert LEASE_S + 2 * RETRY_S < 15
    assert RENEW_DEADLINE_S + RETRY_S < LEASE_S


async def test_what_the_leader_cannot_read_is_noted_on_the_lease(fake):
    """As long as it can't, and no more than can be looked at."""
    api, client = fake
    lost = [f"routes in namespace {number:02}: 403 Forbidden" for number in range(30)]
    noted, is_over = [], asyncio.Event()

    def unreadable():
        # Asked before each renewal: what the last one has noted is there by then.
        noted.append(api.objects[PATH]["metadata"].get("annotations", {}).get("postern.dev/unreadable"))
        if len(noted) > 3:
            is_over.set()
        return lost if len(noted) == 1 else []

    leadership = Leadership(client, "system", "one", unreadable=unreadable)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        leading = tasks.create_task(leadership.lead(nothing_else))
        await is_over.wait()
        leading.cancel()
    shown = json.loads(noted[1])
    assert (21, "and 10 more") == (len(shown), shown[-1])
    assert [None, None] == [noted[0], noted[2]]
