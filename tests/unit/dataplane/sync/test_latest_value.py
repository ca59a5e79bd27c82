"""One place for one index."""

from __future__ import annotations

import asyncio

from postern_dataplane.sync.latest_value import LatestValue


async def test_what_came_between_is_skipped():
    """Only the last index counts."""
    newest = LatestValue()
    newest.put(b"1")
    newest.put(b"2")
    assert b"2" == await newest.take()


async def test_who_takes_waits_for_news():
    """What was taken is not news."""
    newest = LatestValue()
    newest.put(b"1")
    await newest.take()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(newest.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        newest.put(b"1")
    assert b"1" == waiting.result()


async def test_the_same_is_given_again_after_a_while():
    """What failed is tried again."""
    newest = LatestValue()
    newest.put(b"1")
    await newest.take()
    assert b"1" == await newest.take(0.001)
