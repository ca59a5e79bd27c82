"""When statuses are compared and written."""

from __future__ import annotations

import asyncio

import pytest

import manifests
from postern_operator.build import GatewayBuild
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.settings import Gateway
from postern_operator.cluster.status.status_loop import StatusLoop
from postern_operator.cluster.watch.object_cache import ObjectCache


class Desired:
    """A status writer and an event writer that keep what they get."""

    def __init__(self):
        self.statuses = asyncio.Queue()

    def set_desired(self, changes):
        self.statuses.put_nowait(sorted(change.ref.name for change in changes))

    def enqueue(self, drafts):
        self.drafts = tuple(drafts)

    async def run(self):
        await asyncio.Event().wait()


@pytest.fixture
def objects():
    objects = ObjectCache()
    for manifest in (manifests.service(), manifests.route()):
        metadata = {"resourceVersion": "1", "generation": 1, "uid": manifest["metadata"]["name"]}
        objects.put({**manifest, "metadata": manifest["metadata"] | metadata})
    return objects


@pytest.fixture
def rollout(objects):
    """A gateway that is built, polled and settled."""
    rollout = GatewayRollout(Gateway("default", "gw"), None, tuple, lambda: None, Metrics())
    rollout.set_target(GatewayBuild("default").run(objects.snapshot()))
    rollout.has_polled.set()
    rollout.is_settled.set()
    return rollout


@pytest.fixture
def desired():
    return Desired()


@pytest.fixture
async def loop(objects, rollout, desired):
    """A loop that runs."""
    made = StatusLoop(objects, (rollout,), desired, desired)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.run())
        yield made
        running.cancel()


async def test_a_rebuild_leads_to_a_pass_over_all_objects(loop, desired):
    """After a rebuild every object whose status differs is to be written."""
    loop.rebuilt()
    assert ["all", "app"] == await desired.statuses.get()


async def test_nothing_is_written_before_the_first_rebuild_of_a_term(loop, desired):
    """A request alone leads to no pass: a Secret that only a leader makes would show as missing."""
    loop.rebuilt()
    await desired.statuses.get()
    loop.begin_term()
    loop.request()
    await asyncio.sleep(0)
    assert desired.statuses.empty()
    loop.rebuilt()
    assert ["all", "app"] == await desired.statuses.get()


async def test_a_gateway_that_was_never_built_holds_statuses_back(objects, rollout, desired):
    """While one gateway has no build, no object's status is known."""
    other = GatewayRollout(Gateway("other", "other"), None, tuple, lambda: None, Metrics())
    await StatusLoop(objects, (rollout, other), desired, desired)._sync_all()
    assert desired.statuses.empty()


async def test_an_object_that_changed_during_a_pass_is_compared_again(objects, rollout, desired, monkeypatch):
    """What was found for an older state is not written, and another pass is requested."""
    made = StatusLoop(objects, (rollout,), desired, desired)
    find = made._sync.find

    def changing(*args):
        found = find(*args)
        newer = manifests.route(methods=["GET"])
        metadata = {"resourceVersion": "2", "generation": 2, "uid": "all"}
        objects.put({**newer, "metadata": newer["metadata"] | metadata})
        return found

    monkeypatch.setattr(made._sync, "find", changing)
    await made._sync_all()
    assert ["app"] == desired.statuses.get_nowait()
    assert made._is_requested.is_set()
