"""Tasks that live as long as a gateway."""

from __future__ import annotations

import asyncio

from postern_dataplane.background_tasks import BackgroundTasks


async def wait_for_ever(said):
    try:
        await asyncio.Future()
    finally:
        said.append("cancelled")


async def test_what_still_runs_is_cancelled_at_the_end():
    """Tasks that still run at the end are cancelled and awaited."""
    tasks, said = BackgroundTasks(), []
    task = tasks.start(wait_for_ever(said), "waits")
    await asyncio.sleep(0)
    await tasks.close()
    assert (["cancelled"], True, "waits") == (said, task.cancelled(), task.get_name())


async def test_what_has_ended_is_forgotten():
    """An ended task is forgotten, so that memory doesn't grow."""
    tasks = BackgroundTasks()
    await tasks.start(asyncio.sleep(0), "short")
    await asyncio.sleep(0)
    assert set() == tasks._running
    await tasks.close()


async def test_an_exception_goes_to_the_loop():
    """With the task's name."""

    async def fail():
        raise ValueError

    said = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
    tasks = BackgroundTasks()
    tasks.start(fail(), "fails")
    await asyncio.sleep(0)
    await tasks.close()
    await asyncio.sleep(0)
    assert ["task fails failed"] == [context["message"] for context in said]
    assert isinstance(said[0]["exception"], ValueError)
