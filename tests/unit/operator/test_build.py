"""When a build is due, and the sources of objects that both providers have."""

from __future__ import annotations

import asyncio

import pytest

import manifests
from postern_core.parse import parse_manifest
from postern_core.snapshot_listeners import Listener
from postern_operator.build import Debounce, GatewayBuild, ObjectSource
from postern_operator.cluster.watch.object_cache import ObjectCache
from postern_operator.local.object_store import ObjectStore


@pytest.mark.parametrize(
    ("changed_at", "due_at"),
    [([10.0], 10.05), ([10.0, 10.04], 10.09), ([10.0, 10.2, 10.3, 10.4, 10.48], 10.5), ([10.0, 10.6], 10.5)],
)
def test_a_rebuild_waits_for_quiet_but_not_for_ever(changed_at, due_at):
    """A build is due 50 ms after the last change, and 500 ms after the first at the latest."""
    debounce = Debounce()
    for now in changed_at:
        debounce.notify(now)

    assert pytest.approx(due_at) == 11.0 + debounce.due_in(11.0)


def test_the_listeners_of_a_gateway_are_in_its_snapshot():
    """In order of id, whatever the order in which they are given; without any, the bytes are as they were."""
    listeners = [Listener(f"Listener/default/{name}", "HTTP", 80, 80, f"{name}.example.com") for name in "ba"]
    built, plain = GatewayBuild("default", listeners=listeners).run(()), GatewayBuild("default").run(())
    assert tuple(reversed(listeners)) == built.compiled.snapshot.listeners
    assert (1, 0) == tuple(it.encoded.index.count(b'"section":"listeners"') for it in (built, plain))


class InStore:
    """Changes an `ObjectStore` as `local.provider` does."""

    def __init__(self):
        self._store = ObjectStore()
        self.source: ObjectSource = self._store

    def hold(self, *names):
        before = {parsed.ref.name: parsed for parsed in self._store.snapshot()}
        self._store.replace([before.get(name) or parse_manifest(manifests.consumer(name)) for name in names])


class InCache:
    """Changes an `ObjectCache` as the watches of a cluster do."""

    def __init__(self):
        self._cache = ObjectCache()
        self.source: ObjectSource = self._cache
        self._version = 0

    def hold(self, *names):
        self._version += 1
        for name in names:
            manifest = manifests.consumer(name)
            metadata = {"uid": name, "resourceVersion": str(self._version), "generation": 1}
            self._cache.put({**manifest, "metadata": manifest["metadata"] | metadata})
        for ref in self._cache.all():
            if ref.name not in names:
                self._cache.remove(ref, self._version)


@pytest.fixture(params=[InStore, InCache])
def provider(request):
    return request.param()


async def has_changed(source):
    try:
        async with asyncio.timeout(0):
            await source.wait_changed()
    except TimeoutError:
        return False
    return True


def names_in(source):
    return sorted(parsed.ref.name for parsed in source.snapshot())


async def test_a_source_that_nothing_was_put_into_has_not_changed(provider):
    """A new source is empty, and nothing waits for a build of it."""
    assert ([], False) == (names_in(provider.source), await has_changed(provider.source))


@pytest.mark.parametrize(("before", "after"), [((), ("a",)), (("a",), ("a", "b")), (("a", "b"), ("b",)), (("a",), ())])
async def test_a_source_that_holds_other_objects_has_changed_once(provider, before, after):
    """A change ends one wait, and the snapshot has it."""
    provider.hold(*before)
    provider.source.snapshot()
    provider.hold(*after)
    assert [True, False] == [await has_changed(provider.source), await has_changed(provider.source)]
    assert sorted(after) == names_in(provider.source)


async def test_a_source_that_holds_the_same_objects_has_not_changed(provider):
    """Repeating what a source holds leads to no build."""
    provider.hold("a", "b")
    provider.source.snapshot()
    provider.hold("a", "b")
    assert not await has_changed(provider.source)


async def test_a_snapshot_counts_as_seen(provider):
    """A wait after a snapshot is for what changes later, and both snapshots have the same objects."""
    provider.hold("a")
    first = provider.source.snapshot()
    assert not await has_changed(provider.source)
    assert all(one is other for one, other in zip(first, provider.source.snapshot(), strict=True))
