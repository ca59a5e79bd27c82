"""Changes on disk are noticed, whatever way they come."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.reload import index_watcher as module
from postern_dataplane.reload.index_watcher import IndexWatcher


@pytest.fixture
def quick(monkeypatch):
    """Look often, so that a test needn't wait for a second."""
    monkeypatch.setattr(module, "POLL_S", 0.01)


def write(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "index.new").write_text(text)
    (folder / "index.new").rename(folder / "index.json")


async def changed(source, at_most_s=5):
    async with asyncio.timeout(at_most_s):
        await source.next_change()


async def is_unchanged(source):
    try:
        await changed(source, 0.05)
    except TimeoutError:
        return True
    return False


async def test_the_first_change_is_that_there_is_one(folder, quick):
    """The folder itself may come later."""
    source = IndexWatcher(folder)
    assert not source.exists
    assert await is_unchanged(source)
    write(folder, "one")
    await changed(source)
    assert source.exists


async def test_a_change_is_told_once(folder, quick):
    """Until there is another."""
    write(folder, "one")
    source = IndexWatcher(folder)
    await changed(source)
    assert await is_unchanged(source)
    write(folder, "two")
    await changed(source)


async def test_an_index_that_goes_away_is_a_change(folder, quick):
    """Somebody should hear of it."""
    write(folder, "one")
    source = IndexWatcher(folder)
    await changed(source)
    (folder / "index.json").unlink()
    await changed(source)


async def test_a_link_that_is_swapped_is_a_change(tmp_path, quick):
    """As a mounted ConfigMap is replaced."""
    for name in "ab":
        write(tmp_path / name, name)
    link = tmp_path / "active_table"
    link.symlink_to("a")
    source = IndexWatcher(link)
    await changed(source)
    (tmp_path / "next").symlink_to("b")
    (tmp_path / "next").rename(link)
    await changed(source)


async def test_waiting_can_be_limited(folder):
    """For somebody who wants to try again."""
    async with asyncio.timeout(5):
        await IndexWatcher(folder).next_change(0.01)


async def test_the_kernel_s_notice_is_enough(folder, monkeypatch):
    """A change is noticed long before the next look."""
    monkeypatch.setattr(module, "POLL_S", 60)
    write(folder, "one")
    source = IndexWatcher(folder)
    await changed(source)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(source.run())
        waiting = group.create_task(changed(source))
        for number in range(500):
            if waiting.done():
                break
            # The listener needs a moment before it hears anything.
            write(folder, str(number) * number)
            await asyncio.sleep(0.01)
        await waiting
        listening.cancel()
