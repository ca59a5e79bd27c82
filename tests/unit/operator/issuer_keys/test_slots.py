"""Which fetches may go on at the same time."""

import asyncio
import contextlib
from concurrent.futures import Future

from postern_operator.issuer_keys.slots import AT_ONCE, OF_ONE_NAMESPACE, Slots, hold_until_done


class Holders:
    """Tasks that hold a slot, or wait for one, until they are cancelled."""

    def __init__(self):
        self.slots = Slots()
        self.tasks = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            await give_back(task)

    async def take(self, *namespaces, is_failing=False, work=None):
        """Return whether there was a slot."""
        has_slot = asyncio.Event()
        hold = self._hold(namespaces, is_failing, work, has_slot)
        self.tasks.append(asyncio.get_running_loop().create_task(hold))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(has_slot.wait(), 0.01)
        return has_slot.is_set()

    async def _hold(self, namespaces, is_failing, work, has_slot):
        async with self.slots.slot(namespaces, is_failing=is_failing):
            has_slot.set()
            if work is not None:
                hold_until_done(work)
            await asyncio.get_running_loop().create_future()


async def give_back(task):
    task.cancel()
    await asyncio.wait([task])


async def test_a_namespace_has_few_slots_of_many():
    """Half of its own, and half of all, are for sources that are well."""
    async with Holders() as held:
        assert [True, False] == [await held.take("a", is_failing=True) for _ in range(2)]
        assert [True, False] == [await held.take("a") for _ in range(2)]
        failing = [await held.take(f"b{it}", is_failing=True) for it in range(AT_ONCE)]
        assert AT_ONCE // 2 - 1 == sum(failing)
        well = [await held.take(f"c{it}") for it in range(AT_ONCE)]
        assert AT_ONCE // 2 - 1 == sum(well)


async def test_a_shared_source_takes_a_slot_of_the_namespace_with_the_fewest_fetches():
    """Another namespace that names it too can't hold it up."""
    async with Holders() as held:
        for _ in range(OF_ONE_NAMESPACE + 3):
            await held.take("a")
        assert await held.take("a", "b")


async def test_a_slot_is_held_until_the_work_that_was_begun_in_it_has_ended():
    """A fetch that was given up, or whose issuer was deleted, leaves a thread behind that no time limit ends."""
    works = [Future() for _ in range(OF_ONE_NAMESPACE)]
    async with Holders() as held:
        for work in works:
            assert await held.take("a", work=work)
            await give_back(held.tasks[-1])
        assert [False, True] == [await held.take(it) for it in "ab"]
        works[0].set_exception(OSError())
        await asyncio.sleep(0.01)
        assert [False, False] == [await held.take("a") for _ in range(2)]
        works[1].set_result(None)
    assert not held.slots._lanes


async def test_namespaces_without_fetches_take_no_memory():
    """Names come and go for as long as the process lives."""
    slots = Slots()
    for it in range(100):
        async with slots.slot([f"a{it}"], is_failing=True):
            pass
    assert not slots._lanes
