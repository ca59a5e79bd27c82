"""What is to be compiled."""

from __future__ import annotations

import asyncio

import pytest

from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_operator.local.object_store import ObjectStore

ONE, TWO = (Parsed(Ref("Consumer", "default", name), None) for name in ("one", "two"))


async def test_other_objects_are_news():
    """Another set of objects marks the store as changed, and can be taken."""
    store = ObjectStore()
    assert store.replace([ONE])
    async with asyncio.timeout(1):
        await store.wait_changed()
    assert (ONE,) == store.snapshot()


@pytest.mark.parametrize(("before", "after"), [([], []), ([ONE, TWO], [ONE, TWO])])
def test_the_same_objects_are_no_news(before, after):
    """Nothing has to be built for them."""
    store = ObjectStore()
    store.replace(before)

    assert not store.replace(after)


@pytest.mark.parametrize(("before", "after"), [([ONE], []), ([], [ONE]), ([ONE], [TWO]), ([ONE], [ONE, TWO])])
def test_any_difference_is_news(before, after):
    """One more, one less, or another one."""
    store = ObjectStore()
    store.replace(before)

    assert store.replace(after)


async def test_what_has_been_taken_is_no_news():
    """Whoever waits then waits for what comes later."""
    store = ObjectStore()
    store.replace([ONE])
    store.snapshot()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await store.wait_changed()
