"""What is named and not known is got."""

from __future__ import annotations

import asyncio

import manifests
from fake_lists import FakeLists, serving
from postern_core.ref import Ref
from postern_operator.cluster.watch.fetch_references import fetch, fetch_missing
from postern_operator.cluster.watch.object_cache import ObjectCache

SECRETS = "/api/v1/namespaces/default/secrets"
SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
SECRET = Ref("Secret", "default", "alice")


async def test_a_secret_that_is_named_is_got():
    """One that isn't there stays missing, and is not asked for again."""
    fake, objects = FakeLists(), ObjectCache()
    fake.put(SECRETS, "alice", "default")
    objects.put(manifests.credential())
    objects.put(manifests.credential("b", keys=[{"secretRef": {"name": "nowhere", "key": "k"}}]))
    async with serving(fake) as api:
        assert () == await fetch(api, objects, objects.missing())
    assert objects.get(SECRET) is not None
    assert objects.get(Ref("Secret", "default", "nowhere")) is None
    assert () == objects.missing()


async def test_a_service_comes_with_its_slices():
    """A Service is read with its own EndpointSlices, and not with those of others."""
    fake, objects = FakeLists(), ObjectCache()
    fake.put(SERVICES, "web", "default")
    for name in ("web", "other"):
        fake.put(SLICES, f"{name}-1", "default", metadata={"labels": {"kubernetes.io/service-name": name}})
    objects.put(manifests.service(upstream={"service": {"name": "web", "port": 80}}))
    async with serving(fake) as api:
        await fetch(api, objects, objects.missing())
    assert ["EndpointSlice", "Service", "core/Service"] == sorted(ref.kind for ref in objects.all())


async def test_what_was_not_answered_is_given_back():
    """Somebody tries again, later."""
    fake, objects = FakeLists(), ObjectCache()
    fake.refuse[f"{SECRETS}/alice"] = 500
    async with serving(fake) as api:
        assert (SECRET,) == await fetch(api, objects, [SECRET])


async def test_what_is_missing_is_got_whenever_it_is():
    """Until it has been answered."""
    fake, objects = FakeLists(), ObjectCache()
    fake.put(SECRETS, "alice", "default")
    fake.refuse[f"{SECRETS}/alice"] = 500
    async with serving(fake) as api, asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(fetch_missing(api, objects))
        objects.put(manifests.credential())
        await objects.wait_changed()
        await fake.was_asked.wait()
        fake.refuse.clear()
        await objects.wait_changed()
        task.cancel()
    assert objects.get(SECRET) is not None
