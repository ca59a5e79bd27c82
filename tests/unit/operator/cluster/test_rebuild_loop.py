"""At all news everything is compiled afresh, for every gateway."""

from __future__ import annotations

import asyncio

import pytest

import manifests
from fake_lists import FakeLists, serving
from postern_core.codec import TooLargeError, encode_snapshot
from postern_core.grants import Grants, HostGrant, KeyGrant
from postern_core.grants_codec import encode_grants
from postern_core.snapshot import Snapshot
from postern_operator.build import GatewayBuild
from postern_operator.cluster.errors import UnreachableError
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rebuild_loop import RebuildLoop
from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.rollout.published_objects import index_manifest, shard_manifest
from postern_operator.cluster.settings import Gateway
from postern_operator.cluster.status.status_sync import gateway_views
from postern_operator.cluster.watch.object_cache import ObjectCache

SECRETS = "/api/v1/namespaces/default/secrets"


class Writer:
    """Makes what it is told to, in the fake API server."""

    def __init__(self, fake, failures=0):
        self._fake = fake
        self.failures = failures

    async def create(self, path, manifest):
        if self.failures:
            self.failures -= 1
            raise UnreachableError("POST: TimeoutError")
        metadata = {"ownerReferences": manifest["metadata"]["ownerReferences"]}
        name = manifest["metadata"]["name"]
        return self._fake.put(path, name, "default", metadata=metadata, data={"secret": "QUFBQQ=="})


@pytest.fixture
def fake():
    return FakeLists()


async def rebuilt_with(fake, writer, *told, may_act=True, times=1, unread=()):
    """What a number of rebuilds makes of these objects."""
    objects, metrics = ObjectCache(), Metrics()
    rollouts = [
        GatewayRollout(Gateway(name, name), None, tuple, lambda: None, metrics) for name in ("default", "other")
    ]
    rounds = asyncio.Semaphore(0)
    for manifest in told:
        objects.put({**manifest, "metadata": manifest["metadata"] | {"uid": "u", "generation": 1}})
    async with serving(fake) as api, asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        rebuild_loop = RebuildLoop(api, writer, objects, rollouts, metrics, unread=lambda: frozenset(unread))
        task = tasks.create_task(rebuild_loop.run(lambda: may_act, rounds.release))
        for _ in range(times):
            await rounds.acquire()
        task.cancel()
    return rebuild_loop, metrics


def publish(fake, namespace, encoded):
    """Let this be what is published there."""
    manifests = [shard_manifest(shard, namespace, "default") for shard in encoded.shards.values()]
    for manifest in (index_manifest(encoded, namespace, "default"), *manifests):
        path = f"/api/v1/namespaces/{namespace}/{manifest['kind'].lower()}s"
        fake.put(path, manifest["metadata"]["name"], data=manifest["data"])


def views(rebuild_loop):
    return gateway_views(rebuild_loop._rollouts)


async def test_every_gateway_is_built(fake):
    """Every gateway is built, and objects and problems are counted."""
    rebuild_loop, metrics = await rebuilt_with(fake, None, manifests.service(), manifests.route(), may_act=False)
    assert ["default", "other"] == [view.built.compiled.snapshot.gateway for view in views(rebuild_loop)]
    assert [1, 0] == [len(view.built.compiled.snapshot.routes) for view in views(rebuild_loop)]
    assert 1 == metrics.objects.labels("Route")._value.get()


async def test_a_secret_is_generated_before_it_is_missed(fake):
    """The first build has it already."""
    told = (manifests.consumer(), manifests.credential(keys=[]))
    rebuild_loop, _ = await rebuilt_with(fake, Writer(fake), *told)
    reasons = [problem.reason.text for problem in views(rebuild_loop)[0].built.compiled.problems]
    assert "SecretNotFound" not in reasons
    assert ["alice-jwt"] == [made["metadata"]["name"] for made in fake.objects[SECRETS]]


async def test_a_standby_generates_nothing(fake):
    """Who doesn't lead makes no Secret."""
    await rebuilt_with(fake, Writer(fake), manifests.credential(keys=[]), may_act=False)
    assert {} == fake.objects


async def test_a_secret_that_could_not_be_made_is_tried_again(fake):
    """What can be compiled is compiled meanwhile."""
    await rebuilt_with(fake, Writer(fake, failures=1), manifests.credential(keys=[]), times=2)
    assert 1 == len(fake.objects[SECRETS])


async def test_a_gateway_with_too_much_in_all_does_not_hold_up_another(fake, monkeypatch):
    """It keeps what it has; the other one is built."""
    original = GatewayBuild.run

    def run(self, objects):
        if self._gateway == "default":
            raise TooLargeError("the index is too large")
        return original(self, objects)

    monkeypatch.setattr(GatewayBuild, "run", run)
    rebuild_loop, _ = await rebuilt_with(fake, None, manifests.service(gateways=["other"]), may_act=False)

    assert ["other"] == [view.built.compiled.snapshot.gateway for view in views(rebuild_loop)]


async def test_a_rebuild_that_fails_is_made_again(fake, monkeypatch):
    """At the edge of the loop: what was published last stays."""
    failures = [ValueError("hunter2")]
    original = RebuildLoop._rebuild

    async def failing(self, *read):
        if failures:
            raise failures.pop()
        await original(self, *read)

    monkeypatch.setattr(RebuildLoop, "_rebuild", failing)
    rebuild_loop, _ = await rebuilt_with(fake, None, manifests.service(), may_act=False)
    assert 2 == len(views(rebuild_loop))


async def test_a_gateway_whose_grants_cannot_be_read_is_built_and_not_published(fake):
    """It is tried again; the others go on."""
    fake.refuse["/api/v1/namespaces/other/configmaps/postern-index"] = 403
    rebuild_loop, _ = await rebuilt_with(fake, None, manifests.service(), may_act=False, times=2)
    assert [True, False] == [rollout._is_certain for rollout in rebuild_loop._rollouts]
    assert 2 == len(views(rebuild_loop))


async def test_what_cannot_be_read_is_built_as_it_was_published(fake):
    """One of several watched namespaces is forbidden when the operator starts: it keeps its last state."""
    before = manifests.compiled(
        *(manifests.service(namespace=it, hosts=[f"{it}.example.com"]) for it in ("lost", "demo")),
        *(manifests.route(namespace=it) for it in ("lost", "demo")),
    )
    publish(fake, "default", encode_grants(before.grants).beside(encode_snapshot(before.snapshot)))
    half = manifests.route("half", namespace="lost")
    rebuild_loop, _ = await rebuilt_with(fake, None, half, may_act=False, unread=[("Secret", "lost")])
    built = views(rebuild_loop)[0].built
    assert [it for it in before.snapshot.routes if it.namespace == "lost"] == list(built.compiled.snapshot.routes)
    assert {"lost.example.com"} == built.compiled.grants.hosts.keys()
    assert () == built.objects


async def test_no_secret_is_generated_where_it_may_be_there_already(fake):
    """Secrets that can't be read are not missing."""
    await rebuilt_with(fake, Writer(fake), manifests.credential(keys=[]), unread=[("Secret", "default")])
    assert {} == fake.objects


async def test_a_gateway_that_is_new_takes_over_the_keys_of_the_others(fake):
    """Which credential has a key is the same for all gateways; which namespace has a host is not."""
    held = Grants(
        {"app.example.com": HostGrant(id="app.example.com", namespace="default", service="app")},
        {"default/k": KeyGrant(id="default/k", credential="young")},
    )
    publish(fake, "other", encode_grants(held).beside(encode_snapshot(Snapshot(gateway="other"))))
    told = [
        manifests.credential(name, created=created, key="k")
        for name, created in (("old", "2030-01-01T00:00:00Z"), ("young", "2031-01-01T00:00:00Z"))
    ]
    rebuild_loop, _ = await rebuilt_with(fake, None, *told, may_act=False)
    grants = [view.built.compiled.grants for view in views(rebuild_loop)]
    assert ["young", "young"] == [it.keys["default/k"].credential for it in grants]
    assert [{}, {}] == [it.hosts for it in grants]
