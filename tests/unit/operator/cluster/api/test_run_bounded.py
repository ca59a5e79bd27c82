"""Many jobs, few at a time."""

import asyncio
from functools import partial

from postern_operator.cluster.api.run_bounded import run_bounded
from postern_operator.cluster.errors import RefusedError, UnreachableError


async def test_no_more_than_so_many_run_at_once():
    """However many there are."""
    running, most, done = 0, 0, []

    async def job(number):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done.append(number)

    assert [] == await run_bounded((partial(job, number) for number in range(20)), at_once=3)
    assert (3, list(range(20))) == (most, sorted(done))


async def test_a_refused_job_leaves_the_others_alone():
    """All refusals are given."""
    done = []

    async def job(number):
        if number % 2:
            raise RefusedError("PATCH", 422)
        done.append(number)

    errors = await run_bounded((partial(job, number) for number in range(5)), at_once=2)

    assert (2, [0, 2, 4]) == (len(errors), done)


async def test_where_nobody_answers_the_rest_is_left():
    """Each would only wait for its time-out."""
    tried = []

    async def job(number):
        tried.append(number)
        await asyncio.sleep(0)
        raise UnreachableError("PATCH")

    errors = await run_bounded((partial(job, number) for number in range(100)), at_once=4)

    assert (4, 4) == (len(errors), len(tried))


async def test_errors_are_in_the_order_of_the_jobs():
    """What is told of the first of them is the same each time, whichever answer comes first."""

    async def job(number):
        for _ in range(5 - number):
            await asyncio.sleep(0)
        raise RefusedError("PATCH", 400 + number)

    errors = await run_bounded((partial(job, number) for number in range(5)), at_once=5)

    assert [400, 401, 402, 403, 404] == [error.status for error in errors]
