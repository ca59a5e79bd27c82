"""Rebuilds, and when they are due."""

from __future__ import annotations

import asyncio

import pytest

from manifests import route, service
from postern_core.codec import decode_index
from postern_core.parse import parse_manifest
from postern_operator.build import Debounce, Reconciler
from postern_operator.local.grants_file import KeptGrants
from postern_operator.local.object_store import ObjectStore


class Published:
    """Keeps what is published; fails as often as it is told to."""

    def __init__(self, failures=0):
        self.digests = []
        self.failures = failures

    def publish(self, encoded):
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        decode_index(encoded.index)
        self.digests.append(encoded.digest)


def parsed(*manifests):
    return [parse_manifest(manifest) for manifest in manifests]


@pytest.mark.parametrize(
    ("heard_at", "due_at"),
    [([10.0], 10.05), ([10.0, 10.04], 10.09), ([10.0, 10.2, 10.3, 10.4, 10.48], 10.5), ([10.0, 10.6], 10.5)],
)
def test_a_rebuild_waits_for_quiet_but_not_for_ever(heard_at, due_at):
    """50 ms after the last news, 500 ms after the first."""
    hold_off = Debounce()
    for now in heard_at:
        hold_off.notify(now)

    assert pytest.approx(due_at) == 11.0 + hold_off.due_in(11.0)


async def test_a_rebuild_publishes_what_the_store_holds():
    """And gives what was compiled from what."""
    store, published = ObjectStore(), Published()
    store.replace(parsed(service(), route()))
    rebuilt = await Reconciler(store, published).rebuild()

    assert ([rebuilt.digest], 1) == (published.digests, len(rebuilt.compiled.snapshot.routes))


async def test_grants_are_kept_before_they_are_served(tmp_path):
    """The next run begins with them; an older namespace gets nothing then."""
    young, old = (
        service(namespace=name, created=f"{year}-01-01T00:00:00Z") for name, year in (("b", 2031), ("a", 2030))
    )

    async def rebuilt(publisher, *manifests):
        store = ObjectStore()
        store.replace(parsed(*manifests))
        return await Reconciler(store, publisher, kept=KeptGrants(tmp_path, "default")).rebuild()

    with pytest.raises(OSError, match="disk full"):
        await rebuilt(Published(failures=1), young)
    after = await rebuilt(Published(), old, young)
    assert ["a"] == [problem.ref.namespace for problem in after.compiled.problems]


async def test_an_equal_snapshot_is_not_published_again():
    """Readers would load it for nothing."""
    store, published = ObjectStore(), Published()
    reconciler = Reconciler(store, published)
    await reconciler.rebuild()
    await reconciler.rebuild()

    assert 1 == len(published.digests)


async def test_news_lead_to_a_rebuild():
    """Also what came before anybody listened, and what comes during a rebuild."""
    store, published = ObjectStore(), Published()
    store.replace(parsed(service()))
    done = asyncio.Queue()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(Reconciler(store, published).run(done.put_nowait, done.put_nowait))
        await done.get()
        store.replace(parsed(service(), route()))
        await done.get()
        running.cancel()

    assert 2 == len(published.digests)


async def test_a_failure_is_told_and_the_next_news_are_tried():
    """What was published before stays."""
    store, published = ObjectStore(), Published(failures=1)
    store.replace(parsed(service()))
    outcomes = asyncio.Queue()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(Reconciler(store, published).run(outcomes.put_nowait, outcomes.put_nowait))
        assert isinstance(await outcomes.get(), OSError)
        store.replace(parsed(service(), route()))
        rebuilt = await outcomes.get()
        running.cancel()

    assert [rebuilt.digest] == published.digests


async def test_a_gateway_gets_its_own_services():
    """And no other one's."""
    store = ObjectStore()
    store.replace(parsed(service(gateways=["internal"]), route()))

    assert () == (await Reconciler(store, Published()).rebuild()).compiled.snapshot.routes
    assert 1 == len((await Reconciler(store, Published(), "internal").rebuild()).compiled.snapshot.routes)
