"""A page waits for what is new, and takes what is there where that takes too long."""

from __future__ import annotations

import asyncio

import pytest

from postern_console.cluster import latest as module
from postern_console.cluster.latest import Latest


class Source:
    """Counts how often it was read; waits while it is closed, and raises what it is told to."""

    def __init__(self):
        self.reads = 0
        self.error = None
        self.open = asyncio.Event()
        self.open.set()

    async def read(self):
        self.reads += 1
        await self.open.wait()
        if self.error:
            raise self.error
        return self.reads


@pytest.fixture
async def source():
    return Source()


@pytest.fixture
async def latest(source):
    async with Latest(source.read) as latest:
        yield latest


async def test_what_is_young_is_not_read_again(latest, source):
    """Many pages at once cause one reading."""
    assert [1] * 3 == await asyncio.gather(*(latest.get() for _ in range(3)))
    assert (1, 1) == (await latest.get(), source.reads)


async def test_what_is_old_is_read_again(latest, monkeypatch):
    """A page that asks after a while causes another reading."""
    monkeypatch.setattr(module, "FRESH_S", 0.0)
    monkeypatch.setattr(module, "FRESH_TIMES", 0)
    assert [1, 2] == [await latest.get(), await latest.get()]


async def test_what_takes_long_is_waited_for_only_where_there_is_nothing_else(latest, source, monkeypatch):
    """A page shows what was read before a slow reading ends, unless that is too old."""
    monkeypatch.setattr(module, "FRESH_S", 0.0)
    monkeypatch.setattr(module, "FRESH_TIMES", 0)
    monkeypatch.setattr(module, "PATIENCE_S", 0.01)
    await latest.get()
    source.open.clear()
    assert [1, 1] == [await latest.get(), await latest.get()]
    monkeypatch.setattr(module, "STALE_S", 0.0)
    waiting = asyncio.gather(latest.get())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    source.open.set()
    assert ([2], 2) == (await waiting, source.reads)


async def test_what_was_changed_is_waited_for(latest, source):
    """A page after a save has what was saved."""
    await latest.get()
    latest.expire()
    assert 2 == await latest.get()


async def test_a_reading_that_began_before_a_change_is_not_enough(latest, source):
    """A save while a list is read is followed by another list."""
    source.open.clear()
    waiting = asyncio.gather(latest.get())
    await asyncio.sleep(0.05)
    latest.expire()
    source.open.set()
    assert [2] == await waiting


async def test_an_error_is_raised_where_it_is_waited_for_and_the_next_page_tries_again(latest, source):
    """A failed reading is raised for the page that waits, and the next page reads again."""
    source.error = ValueError("no")
    with pytest.raises(ValueError, match="no"):
        await latest.get()
    source.error = None
    assert 2 == await latest.get()


async def test_a_reading_ends_with_its_console(source):
    """A slow API server does not hold up the end."""
    source.open.clear()
    async with asyncio.timeout(5), Latest(source.read) as latest:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(latest.get(), 0.01)


async def test_what_takes_long_is_read_less_often(latest, source, monkeypatch):
    """A large cluster is not listed all the time, and a page waits for one reading once."""
    monkeypatch.setattr(module, "FRESH_S", 0.0)
    source.open.clear()
    waiting = asyncio.gather(latest.get())
    await asyncio.sleep(0.1)
    source.open.set()
    await waiting
    assert [1, 1] == [await latest.get(), await latest.get()]
    await asyncio.sleep(0.4)
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    source.open.clear()
    async with asyncio.timeout(1):
        assert [1, 1] == [await latest.get(), await latest.get()]
    assert 2 == source.reads
