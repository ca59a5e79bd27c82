"""A kind is listed and watched, and listed again whatever goes wrong."""

from __future__ import annotations

import asyncio

import pytest

from fake_lists import FakeLists, serving
from postern_operator.cluster.api.resource_types import SECRETS
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.watch.informer import Informer, RecentTrouble, list_into, reason_of

PATH = "/api/v1/namespaces/demo/secrets"


class Ear:
    """A feed that wants all but what is called unwanted, and is set once it has heard enough."""

    def __init__(self, enough):
        self.heard = []
        self._enough = enough
        self.is_full = asyncio.Event()

    def is_wanted(self, heading):
        return heading.name != "unwanted"

    def put(self, manifest):
        self._note("put", manifest["metadata"]["name"])

    def remove(self, heading):
        self._note("remove", heading.name)

    def discard(self, heading):
        self._note("discard", heading.name)

    def listed(self, _namespace, present, resource_version):
        self._note("listed", (*(heading.name for heading in present), resource_version))

    def _note(self, *what):
        self.heard.append(what)
        if len(self.heard) >= self._enough:
            self.is_full.set()


@pytest.fixture
def fake():
    fake = FakeLists()
    fake.put(PATH, "a")
    fake.put(PATH, "unwanted")
    return fake


async def heard_while(fake, run, enough):
    """What a feed hears while a stream runs, until it has heard so much."""
    ear, metrics = Ear(enough), Metrics()
    async with serving(fake) as api:
        stream = Informer(api, SECRETS, "demo", ear, metrics=metrics, trouble=RecentTrouble())
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(run(stream))
            await ear.is_full.wait()
            task.cancel()
    return ear.heard, stream, metrics


async def test_a_list_is_told_without_what_nobody_wants(fake):
    """What is not wanted is not even read; the version is where to watch from."""
    ear = Ear(2)
    async with serving(fake) as api:
        assert "102" == await list_into(ear, api, SECRETS, "demo")
    assert [("put", "a"), ("listed", ("a", "102"))] == ear.heard


async def test_what_changes_is_told(fake):
    """Bookmarks are not; of what is not wanted a feed only forgets what it may know."""
    fake.events[PATH] = [
        {"type": "ADDED", "object": {"metadata": {"name": "b"}}},
        {"type": "BOOKMARK", "object": {"metadata": {"name": "x"}}},
        {"type": "MODIFIED", "object": {"metadata": {"name": "unwanted"}}},
        {"type": "DELETED", "object": {"metadata": {"name": "a"}}},
    ]
    heard, stream, _ = await heard_while(fake, lambda stream: stream.watch(), 5)
    assert [("put", "b"), ("discard", "unwanted"), ("remove", "a")] == heard[2:5]
    assert stream.has_listed.is_set()


async def test_after_a_watch_everything_is_listed_again(fake):
    """A watch that has fallen silent is healed by that."""
    heard, _, _ = await heard_while(fake, lambda stream: stream.watch(), 4)
    assert 2 * [("put", "a"), ("listed", ("a", "102"))] == heard[:4]


async def test_a_version_that_is_gone_means_another_list(fake):
    """An expired resourceVersion causes another list, and counts as a restart."""
    fake.events[PATH] = [{"type": "ERROR", "object": {"code": 410, "reason": "Expired"}}]
    heard, _, metrics = await heard_while(fake, lambda stream: stream.watch(), 4)
    assert 2 == heard.count(("put", "a"))
    assert 1 == metrics.watch_restarts.labels("Secret")._value.get()


async def test_a_refused_list_is_tried_again(fake):
    """A refused list is tried again, and the kind does not count as listed until then."""
    fake.refuse[PATH] = 403
    ear = Ear(1)
    async with serving(fake) as api:
        stream = Informer(api, SECRETS, "demo", ear, metrics=Metrics(), trouble=RecentTrouble())
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(stream.relist())
            await fake.was_asked.wait()
            assert not stream.has_listed.is_set()
            fake.refuse.clear()
            await stream.has_listed.wait()
            task.cancel()
    assert ("put", "a") in ear.heard


def test_an_error_is_told_without_what_it_quotes():
    """Its type is enough."""
    assert {"error": "ValueError"} == reason_of(ValueError("hunter2"))


async def test_trouble_is_recent_for_a_while():
    """Trouble counts as recent for a while, and not before there was any."""
    trouble = RecentTrouble()
    assert not trouble.is_recent
    trouble.note()
    assert trouble.is_recent
