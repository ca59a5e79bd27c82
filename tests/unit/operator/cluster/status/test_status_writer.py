"""Statuses on their way to the API server."""

import asyncio

import pytest

from fake_api import fake_api
from manifests import route
from postern_core.ref import Ref
from postern_operator.cluster.api.token_bucket import TokenBucket
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.status.desired_status import StatusChange
from postern_operator.cluster.status.status_writer import StatusWriter

PATH = "/apis/postern.dev/v1alpha1/namespaces/default/routes"


def change(name, uid, generation=1, *, is_trouble=False, at="06:30"):
    time = f"2026-11-24T{at}:00Z"
    conditions = [{"type": "Ready", "status": "True", "observedGeneration": generation, "lastTransitionTime": time}]
    status = {"observedGeneration": generation, "conditions": conditions}
    return StatusChange(Ref("Route", "default", name), uid, status, is_trouble)


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, Writer(client)


async def written_out(statuses):
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(statuses.run())
        while statuses.waiting:  # noqa: ASYNC110 # nothing signals it
            await asyncio.sleep(0)
        running.cancel()


def put(api, name):
    return api.put(f"{PATH}/{name}", route(name))["metadata"]["uid"]


async def test_a_status_is_written_to_its_subresource(fake):
    """By server-side apply, and what came of it is told."""
    api, writer = fake
    told = []
    statuses = StatusWriter(writer, told.append)
    statuses.set_desired([change("a", put(api, "a"))])
    await written_out(statuses)

    assert [f"{PATH}/a/status"] == api.paths("PATCH")
    assert [1] == [it["status"]["observedGeneration"] for it in told]


async def test_those_in_trouble_come_first(fake):
    """Somebody waits for their message."""
    api, writer = fake
    statuses = StatusWriter(writer, lambda _: None)
    names = "abcdefghijklmnop"
    statuses.set_desired([change(name, put(api, name), is_trouble=name == "p") for name in names])
    await written_out(statuses)

    assert f"{PATH}/p/status" in api.paths("PATCH")[:8]
    assert len(names) == len(api.writes)


async def test_only_the_latest_is_written(fake):
    """What was to be said before is no longer true."""
    api, writer = fake
    statuses = StatusWriter(writer, lambda _: None)
    uid = put(api, "a")
    for generation in (1, 2, 3):
        statuses.set_desired([change("a", uid, generation)])
    await written_out(statuses)

    assert [3] == [body["status"]["observedGeneration"] for _, _, body in api.writes]


async def test_what_differs_no_longer_is_not_written(fake):
    """All that differs is told each time."""
    api, writer = fake
    statuses = StatusWriter(writer, lambda _: None)
    statuses.set_desired([change("a", put(api, "a"))])
    statuses.set_desired([])
    await written_out(statuses)

    assert [] == api.writes


async def test_an_object_that_is_gone_is_left(fake):
    """The watch will tell of it."""
    api, writer = fake
    statuses = StatusWriter(writer, lambda _: None)
    statuses.set_desired([change("a", "u-1")])
    await written_out(statuses)

    assert (1, {}) == (len(api.writes), api.objects)


async def test_somebody_who_was_faster_is_no_reason_to_give_up(fake):
    """The server's own races end in a conflict."""
    api, writer = fake
    api.failures.append((409, "Conflict", {}))
    statuses = StatusWriter(writer, lambda _: None)
    statuses.set_desired([change("a", put(api, "a"))])
    await written_out(statuses)

    assert 2 == len(api.writes)


async def test_a_status_that_is_refused_for_good_is_not_tried_again(fake, caplog):
    """Until it says something else."""
    api, writer = fake
    uid = put(api, "a")
    statuses = StatusWriter(writer, lambda _: None)
    api.failures.append((422, "Invalid", {}))
    statuses.set_desired([change("a", uid)])
    await written_out(statuses)
    statuses.set_desired([change("a", uid, at="07:00")])
    await written_out(statuses)
    assert 1 == len(api.writes)

    statuses.set_desired([change("a", uid, 2)])
    await written_out(statuses)
    assert 2 == len(api.writes)
    assert ["a status was refused"] == [record.message for record in caplog.records]


async def test_what_time_heals_is_tried_again(fake):
    """The API server is restarting."""
    api, writer = fake
    statuses = StatusWriter(writer, lambda _: None)
    api.failures += [(503, "ServiceUnavailable", {}), (500, "InternalError", {})]
    statuses.set_desired([change("a", put(api, "a"))])
    await written_out(statuses)

    assert 1 == api.objects[f"{PATH}/a"]["status"]["observedGeneration"]


async def test_no_more_are_written_than_the_pace_allows(fake):
    """The API server has others to serve."""
    api, writer = fake
    told = asyncio.Queue()
    statuses = StatusWriter(writer, told.put_nowait, TokenBucket(per_s=0.001, at_once=3))
    statuses.set_desired([change(str(number), put(api, str(number))) for number in range(20)])
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(statuses.run())
        for _ in range(3):
            await told.get()
        running.cancel()

    assert (3, 17) == (len(api.writes), statuses.waiting)


async def test_who_does_not_lead_lets_go_of_what_waits(fake):
    """Who leads writes it."""
    api, _ = fake
    async with fake_api() as (_, client):
        statuses = StatusWriter(Writer(client, may_write=lambda: False), lambda _: None)
        statuses.set_desired([change("a", put(api, "a"))])
        await written_out(statuses)

    assert 0 == statuses.waiting
