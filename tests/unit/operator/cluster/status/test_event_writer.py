"""Events on their way to the API server: each once, and never many."""

import asyncio
from datetime import UTC, datetime

import pytest

from fake_api import fake_api
from postern_core.ref import Ref
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.status.event_rules import EventDraft
from postern_operator.cluster.status.event_writer import BURST, NAMESPACE_BURST, REPEAT_S, EventWriter

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


def news(name="all", note="gone", namespace="demo"):
    return EventDraft(Ref("Route", namespace, name), f"uid-of-{name}", "Warning", "ServiceNotFound", note)


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, EventWriter(Writer(client), "pod-1", Metrics(), lambda: NOW)


def dropped(events):
    return events._dropped._value.get()


async def test_an_event_says_who_what_and_when(fake):
    """As events.k8s.io/v1 wants it."""
    api, events = fake
    await events._write(news(), 1000.0)
    (method, path, body) = api.writes[0]

    assert ("POST", "/apis/events.k8s.io/v1/namespaces/demo/events") == (method, path)
    assert ("2026-11-24T06:30:00.000000Z", "Warning", "ServiceNotFound", "gone", "pod-1") == tuple(
        body[name] for name in ("eventTime", "type", "reason", "note", "reportingInstance")
    )
    assert ("Route", "demo", "all", "uid-of-all") == tuple(
        body["regarding"][name] for name in ("kind", "namespace", "name", "uid")
    )


async def test_the_same_again_is_only_counted_and_told_later(fake):
    """Something that flaps is one Event."""
    api, events = fake
    for at_s in (0.0, 1.0, 2.0, REPEAT_S):
        await events._write(news(), 1000.0 + at_s)

    assert ["POST", "PATCH"] == [method for method, _, _ in api.writes]
    assert 4 == api.writes[1][2]["series"]["count"]


async def test_another_message_is_another_event(fake):
    """Another message makes another event, and so does an equal message of another object."""
    api, events = fake
    for one in (news(), news(note="gone again"), news("other")):
        await events._write(one, 1000.0)

    assert 3 == len(set(api.objects))


async def test_what_another_replica_has_told_is_counted_on(fake):
    """Its name is made of what it says."""
    api, events = fake
    await events._write(news(), 1000.0)
    successor = EventWriter(events._writer, "pod-2", Metrics(), lambda: NOW)
    await successor._write(news(), 1000.0)

    assert ["POST", "POST", "PATCH"] == [method for method, _, _ in api.writes]
    assert 1 == len(api.objects)


async def test_an_event_that_kubernetes_has_forgotten_is_written_anew(fake):
    """It keeps them for an hour."""
    api, events = fake
    await events._write(news(), 1000.0)
    api.objects.clear()
    await events._write(news(), 5000.0)

    assert ["POST", "PATCH", "POST"] == [method for method, _, _ in api.writes]


async def test_a_storm_in_a_namespace_is_bounded_and_leaves_others_alone(fake):
    """What is dropped is in the status anyway."""
    api, events = fake
    for number in range(1000):
        await events._write(news(f"r{number}"), 1000.0)
    await events._write(news("quiet", namespace="other"), 1000.0)

    assert NAMESPACE_BURST + 1 == len(api.writes)
    assert 1000 - NAMESPACE_BURST == dropped(events)


async def test_a_storm_in_all_namespaces_is_bounded(fake):
    """Whoever makes it."""
    api, events = fake
    for number in range(500):
        await events._write(news(f"r{number}", namespace=f"n{number}"), 1000.0)

    assert BURST == len(api.writes)


async def test_an_event_that_cannot_be_written_is_dropped(fake, caplog):
    """An event that can't be written is dropped, and the next one is tried."""
    api, events = fake
    api.failures.append((403, "Forbidden", {}))
    events.enqueue([news("a"), news("b")])
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(events.run())
        while not api.objects:  # noqa: ASYNC110 # nothing signals it
            await asyncio.sleep(0.01)
        running.cancel()

    assert (1, 1) == (dropped(events), len(api.objects))
    assert ["an event can't be written"] == [record.message for record in caplog.records]


async def test_news_never_waits(fake):
    """A queue that is full drops."""
    _, events = fake
    events.enqueue(news(str(number)) for number in range(2000))

    assert 1000 == dropped(events)


async def test_the_name_is_one_that_kubernetes_takes(fake):
    """However long the object's is."""
    api, events = fake
    await events._write(news("a" * 199 + "." + "b" * 53), 1000.0)

    assert len(api.writes[0][2]["metadata"]["name"]) <= 253
