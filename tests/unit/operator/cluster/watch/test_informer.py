"""A kind is listed and watched, and listed again whatever goes wrong."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest

from fake_lists import FakeLists, serving
from postern_operator.cluster.api.resource_types import SECRETS
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.watch.informer import Informer, list_into, reason_of

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


class Listener:
    """Notes what an informer says of itself, and lists anew after a restore."""

    def __init__(self):
        self.changes = []
        self.informer = None
        self._has_changed = asyncio.Event()

    async def until(self, unreadable):
        while self.informer.unreadable != unreadable:
            self._has_changed.clear()
            await self._has_changed.wait()

    def readable_changed(self):
        self.changes.append(self.informer.unreadable)
        self._has_changed.set()

    def went_back(self):
        self.changes.append("back")
        self.informer.relist()


def informer_of(api, feed, metrics=None):
    listener = Listener()
    listener.informer = Informer(api, SECRETS, "demo", feed, metrics=metrics or Metrics(), listener=listener)
    return listener.informer, listener


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
        stream, _ = informer_of(api, ear, metrics)
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
    assert stream.has_listed


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


@pytest.mark.parametrize("status", [403, 404])
async def test_a_kind_that_is_refused_is_unreadable_until_it_is_not(fake, monkeypatch, status):
    """A CRD is deleted and applied again, or a right is missing for a while: both are told, and then it is listed."""
    monkeypatch.setattr("postern_operator.cluster.watch.informer.REFUSED_S", 0.05)
    fake.refuse[PATH] = status
    ear, metrics = Ear(1), Metrics()
    async with serving(fake) as api:
        informer, listener = informer_of(api, ear, metrics)
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(informer.watch())
            await listener.until(f"{status} {HTTPStatus(status).phrase}")
            assert not informer.has_listed
            assert 1 == metrics.unreadable.labels("Secret", "demo")._value.get()
            fake.refuse.clear()
            await informer.is_decided.wait()
            await listener.until("")
            task.cancel()
    assert ("put", "a") in ear.heard
    assert 0 == metrics.unreadable.labels("Secret", "demo")._value.get()
    assert "" == listener.changes[-1]


async def test_a_server_in_trouble_makes_no_kind_unreadable(fake):
    """An answer of 500 mostly passes."""
    fake.refuse[PATH] = 500
    async with serving(fake) as api:
        informer, listener = informer_of(api, Ear(1))
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(informer.watch())
            await fake.was_asked.wait()
            fake.refuse.clear()
            await informer.is_decided.wait()
            task.cancel()
    assert [""] == listener.changes


@pytest.mark.parametrize(("status", "level"), [(429, "INFO"), (500, "WARNING")])
async def test_a_server_that_asks_to_wait_is_no_reason_to_warn(fake, caplog, status, level):
    """The API server answers 429 while it is busy or makes storage for a new kind, and a client only asks again."""
    caplog.set_level("INFO", logger="postern.informer")
    fake.refuse[PATH] = status
    async with serving(fake) as api:
        informer, _ = informer_of(api, Ear(1))
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(informer.watch())
            await fake.was_asked.wait()
            fake.refuse.clear()
            await informer.is_decided.wait()
            task.cancel()
    first = caplog.records[0]
    assert (level, "objects can't be read, trying again") == (first.levelname, first.message)


async def test_a_list_that_is_older_than_what_was_read_is_noticed(fake):
    """The resourceVersion goes back, as after a restore of etcd; the list of an ordinary server never does."""
    ear = Ear(6)
    fake.events[PATH] = [{"type": "ADDED", "object": {"metadata": {"name": "b", "resourceVersion": "500"}}}]
    async with serving(fake) as api:
        informer, listener = informer_of(api, ear)
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(informer.watch())
            await ear.is_full.wait()
            task.cancel()
    assert "back" in listener.changes


def test_an_error_is_told_without_what_it_quotes():
    """Its type is enough."""
    assert {"error": "ValueError"} == reason_of(ValueError("hunter2"))
