"""Which table is in force, whatever is on disk."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from postern_dataplane.reload import reloader as module
from postern_dataplane.reload.active_table import ActiveTable
from postern_dataplane.reload.index_watcher import IndexWatcher
from postern_dataplane.reload.loader import Loader
from postern_dataplane.reload.reloader import Reloader


class Heard:
    """A listener that remembers."""

    def __init__(self):
        self.digests = []
        self.errors = []

    def loaded(self, table):
        self.digests.append(table.digest)

    def refused(self, error):
        self.errors.append(str(error))


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def active_table():
    return ActiveTable()


@pytest.fixture
def reloader(folder, active_table, heard):
    yield Reloader(IndexWatcher(folder), Loader(folder), active_table, heard)
    gc.unfreeze()


async def test_nothing_is_loaded_where_there_is_nothing(reloader, active_table, heard):
    """An empty folder loads nothing and refuses nothing: a data plane may start before the operator."""
    await reloader.start()
    assert (None, [], []) == (active_table.table, heard.digests, heard.errors)


async def test_what_is_there_at_the_start_is_loaded(reloader, active_table, heard, publish):
    """Before anybody asks for it."""
    digest = publish("/a")
    await reloader.start()
    assert (digest, [digest]) == (active_table.digest, heard.digests)


async def test_the_same_snapshot_is_not_news(reloader, heard, publish):
    """Its table stays in force."""
    digest = publish("/a")
    await reloader.reload()
    await reloader.reload()
    assert [digest] == heard.digests


async def test_a_bad_snapshot_never_replaces_a_good_one(reloader, active_table, heard, publish, folder):
    """It is told once, however often it is tried."""
    digest = publish("/a")
    await reloader.reload()
    (folder / "index.json").write_bytes(b"{}")
    await reloader.reload()
    await reloader.reload()
    assert (digest, ["the index can't be decoded"]) == (active_table.digest, heard.errors)


async def test_the_same_mistake_is_told_again_after_a_good_snapshot(reloader, heard, publish, folder):
    """It is another event."""
    for _ in range(2):
        publish("/a")
        await reloader.reload()
        (folder / "index.json").write_bytes(b"{}")
        await reloader.reload()
    assert 2 == len(heard.errors)


async def test_what_was_incomplete_is_tried_again_by_itself(reloader, active_table, publish, folder, monkeypatch):
    """A shard that comes after its index brings no new index."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    digest = publish("/a")
    shard = next((folder / "shards").iterdir())
    content = shard.read_bytes()
    shard.unlink()
    await reloader.start()
    assert "" == active_table.digest
    shard.write_bytes(content)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(reloader.run())
        while not active_table.digest:  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(0.01)
        running.cancel()
    assert digest == active_table.digest


async def test_the_collector_works_on_after_a_load(reloader, publish):
    """The garbage collector works on after a load, but leaves the table alone."""
    publish("/a")
    await reloader.reload()
    assert (True, True) == (gc.isenabled(), gc.get_freeze_count() > 0)


class Knot:
    """Refers to itself, so that only the collector can find it."""

    def __init__(self):
        self.itself = self


async def test_garbage_that_was_set_aside_is_found_later(reloader, publish, monkeypatch):
    """Otherwise every reload could cost memory for ever."""
    knot = Knot()
    seen = weakref.ref(knot)
    publish("/a")
    await reloader.reload()
    del knot
    gc.collect()
    kept = seen() is not None
    monkeypatch.setattr(module, "SEARCH_INTERVAL_S", 0.0)
    publish("/b")
    await reloader.reload()
    assert (True, None) == (kept, seen())
