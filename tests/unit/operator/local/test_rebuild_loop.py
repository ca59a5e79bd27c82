"""Rebuilds of local mode, and what they publish."""

from __future__ import annotations

import asyncio

import pytest

from manifests import route, service
from postern_core.codec import decode_index
from postern_core.parse import parse_manifest
from postern_operator.local.grants_file import GrantsFile
from postern_operator.local.object_store import ObjectStore
from postern_operator.local.rebuild_loop import RebuildLoop


class Published:
    """Keeps what is published; fails that many times first."""

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


async def test_a_rebuild_publishes_what_the_store_holds():
    """A rebuild publishes one snapshot, and returns what was compiled and its digest."""
    store, published = ObjectStore(), Published()
    store.replace(parsed(service(), route()))
    rebuilt = await RebuildLoop(store, published).rebuild()

    assert ([rebuilt.digest], 1) == (published.digests, len(rebuilt.compiled.snapshot.routes))


async def test_grants_are_kept_before_they_are_served(tmp_path):
    """The next run begins with the kept grants, so an older namespace gets no host of theirs."""
    young, old = (
        service(namespace=name, created=f"{year}-01-01T00:00:00Z") for name, year in (("b", 2031), ("a", 2030))
    )

    async def rebuilt(publisher, *manifests):
        store = ObjectStore()
        store.replace(parsed(*manifests))
        return await RebuildLoop(store, publisher, grants=GrantsFile(tmp_path, "default")).rebuild()

    with pytest.raises(OSError, match="disk full"):
        await rebuilt(Published(failures=1), young)
    after = await rebuilt(Published(), old, young)
    assert ["a"] == [problem.ref.namespace for problem in after.compiled.problems]


async def test_an_equal_snapshot_is_not_published_again():
    """A second rebuild of the same objects publishes nothing."""
    store, published = ObjectStore(), Published()
    rebuild_loop = RebuildLoop(store, published)
    await rebuild_loop.rebuild()
    await rebuild_loop.rebuild()

    assert 1 == len(published.digests)


async def test_a_change_leads_to_a_rebuild():
    """A change before the loop runs and one during a rebuild both lead to a rebuild."""
    store, published = ObjectStore(), Published()
    store.replace(parsed(service()))
    done = asyncio.Queue()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(RebuildLoop(store, published).run(done.put_nowait, done.put_nowait))
        await done.get()
        store.replace(parsed(service(), route()))
        await done.get()
        running.cancel()

    assert 2 == len(published.digests)


async def test_a_failure_is_reported_and_the_next_change_is_tried():
    """A publisher that fails once publishes the next change."""
    store, published = ObjectStore(), Published(failures=1)
    store.replace(parsed(service()))
    outcomes = asyncio.Queue()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(RebuildLoop(store, published).run(outcomes.put_nowait, outcomes.put_nowait))
        assert isinstance(await outcomes.get(), OSError)
        store.replace(parsed(service(), route()))
        rebuilt = await outcomes.get()
        running.cancel()

    assert [rebuilt.digest] == published.digests


async def test_a_gateway_gets_its_own_services():
    """A Service for another gateway is in no snapshot of this one."""
    store = ObjectStore()
    store.replace(parsed(service(gateways=["internal"]), route()))

    assert () == (await RebuildLoop(store, Published()).rebuild()).compiled.snapshot.routes
    assert 1 == len((await RebuildLoop(store, Published(), "internal").rebuild()).compiled.snapshot.routes)
