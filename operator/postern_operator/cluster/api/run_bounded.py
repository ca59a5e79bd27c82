"""Many requests, only a few of them at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from postern_operator.cluster.errors import ClusterError, RefusedError

Job = Callable[[], Awaitable[None]]


async def run_bounded(jobs: Iterable[Job], at_once: int) -> list[ClusterError]:
    """Do all jobs, and return what went wrong, in the order of the jobs; one that is refused leaves the others alone.

    When there is no answer at all, what has not begun is left: it would only wait in vain.
    """
    waiting = enumerate(jobs)
    errors: dict[int, ClusterError] = {}

    async def work() -> None:
        for number, job in waiting:
            try:
                await job()
            except RefusedError as error:
                errors[number] = error
            except ClusterError as error:
                errors[number] = error
                return
            if any(not isinstance(error, RefusedError) for error in errors.values()):
                return

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(work())
    return [errors[number] for number in sorted(errors)]
