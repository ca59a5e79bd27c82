"""A gateway's rollout: what must be served is published, and pods are asked until they serve it."""

from __future__ import annotations

import asyncio

import pytest

import manifests
from postern_core.grants import Grants, HostGrant
from postern_core.grants_codec import decode_grants_index, decode_grants_shard
from postern_core.parse import parse_manifest
from postern_kit.backoff import Backoff
from postern_operator.cluster.errors import NotLeadingError, RefusedError, UnreachableError
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rollout import gateway_rollout as fleet_module
from postern_operator.cluster.rollout.data_plane_pods import AdminEndpoint
from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.settings import Gateway

POD = AdminEndpoint("10.0.0.1", 9081)


class Publisher:
    """Publishes at once, or fails as often as it is told; `did` has all that it was asked for."""

    def __init__(self, failures=0):
        self.did = []
        self.failures = failures
        self.error = UnreachableError("PATCH: TimeoutError")
        self.has_published = asyncio.Event()

    async def look(self, _client):
        self.did.append("look")

    async def publish(self, encoded):
        if self.failures:
            self.failures -= 1
            raise self.error
        self.did.append(encoded.digest)
        self.has_published.set()

    async def remove_old(self, in_use):
        self.did.append(("remove_old", in_use))


class Pods:
    """What the pods say, one answer after the other, the last for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def served(self, _admins, _session):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Granted:
    """What is read of the published grants, after so many failures."""

    def __init__(self):
        self.grants = Grants()
        self.failures = 0
        self.reads = 0

    async def read(self, _client, _namespace):
        self.reads += 1
        if self.failures:
            self.failures -= 1
            raise UnreachableError("GET: TimeoutError")
        return self.grants


@pytest.fixture
def granted(monkeypatch):
    granted = Granted()
    monkeypatch.setattr(fleet_module, "read_grants", granted.read)
    return granted


@pytest.fixture
async def made(granted):
    """A rollout, its publisher and what it has built."""
    publisher = Publisher()
    rollout = GatewayRollout(Gateway("default", "gw"), publisher, tuple, lambda: None, Metrics())
    await rollout.read_grants(None)
    await rebuild(rollout)
    return rollout, publisher, rollout.built.encoded.digest


async def rebuild(rollout, *more):
    await rollout.rebuild(tuple(map(parse_manifest, (manifests.service(), *more))))


async def running(*loops, until):
    """Run loops until something is so."""
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(loop) for loop in loops]
        await until()
        for task in started:
            task.cancel()


async def test_what_is_built_is_published(made):
    """After a look at what is there."""
    rollout, publisher, digest = made
    await running(rollout.keep_published(None), until=publisher.has_published.wait)
    assert ["look", digest] == publisher.did


async def test_a_failure_is_looked_at_and_tried_again(made):
    """A failed publication is read back, tried again and counted."""
    rollout, publisher, digest = made
    publisher.failures = 1
    await running(rollout.keep_published(None), until=publisher.has_published.wait)
    assert ["look", "look", digest] == publisher.did
    assert 1 == rollout._metrics.publishes.labels("default", "failed")._value.get()


def gauge(rollout):
    return rollout._metrics.unpublished.labels("default")._value.get()


async def test_a_refusal_is_told_at_once(made, monkeypatch):
    """By the metric, and by what objects are told: until it is published."""
    rollout, publisher, _ = made
    monkeypatch.setattr(fleet_module, "Backoff", lambda: Backoff(first_s=0, at_most_s=0))
    publisher.failures, publisher.error = 1, RefusedError("PATCH", 413, "RequestEntityTooLarge")
    seen = []
    rollout._changed = lambda: seen.append((rollout.failure, rollout.unpublished, gauge(rollout)))
    await running(rollout.keep_published(None), until=publisher.has_published.wait)

    assert [("the API server refuses it: 413 RequestEntityTooLarge", None, 1), ("", frozenset(), 0)] == seen


async def test_what_differs_from_what_was_published_is_known(made):
    """All else is served as it is."""
    rollout, publisher, _ = made
    await running(rollout.keep_published(None), until=publisher.has_published.wait)
    await rebuild(rollout, manifests.route())
    rollout._note_failure("413")

    assert {"Route/default/all"} == rollout.unpublished


async def test_an_api_server_that_is_busy_for_a_moment_is_not_told(made):
    """It is tried again; a third failure is told."""
    rollout, _, _ = made
    backoff = Backoff(first_s=0, at_most_s=0)
    told = []
    for _ in range(3):
        await rollout._failed(UnreachableError("PATCH: TimeoutError"), backoff)
        told.append(rollout.failure)
    await rollout._failed(NotLeadingError("PATCH"), backoff)

    assert ["", "", "the API server does not answer"] == told


async def test_what_is_too_large_in_all_is_told(made):
    """What was built before stays."""
    rollout, _, digest = made
    rollout.cannot_build("the index is too large")

    assert ("the index is too large", 1, digest) == (rollout.failure, gauge(rollout), rollout.built.encoded.digest)


async def test_a_build_that_fits_again_is_published_again(made):
    """It may be the very one that was published before, and the failure must end."""
    rollout, _, _ = made
    rollout._must_publish.clear()
    rollout.cannot_build("the index is too large")
    await rebuild(rollout)

    assert rollout._must_publish.is_set()


async def test_who_stops_leading_tells_of_no_failure(made):
    """Another replica publishes then, and has a metric of its own."""
    rollout, _, _ = made
    rollout._note_failure("413")
    rollout.begin_term()

    assert ("", 0) == (rollout.failure, gauge(rollout))


async def test_mending_publishes_the_same_again(made):
    """Somebody has changed what was published."""
    rollout, publisher, digest = made

    async def until():
        await publisher.has_published.wait()
        publisher.has_published.clear()
        rollout.check_published()
        await publisher.has_published.wait()

    await running(rollout.keep_published(None), until=until)
    assert ["look", digest, digest] == publisher.did


async def test_a_fleet_is_settled_once_all_pods_serve(made, monkeypatch):
    """A rollout is settled once all pods serve: old shards may go, and its duration is measured."""
    rollout, publisher, digest = made
    pods = Pods({POD: "old"}, {POD: None}, {POD: digest})
    monkeypatch.setattr(fleet_module, "served_digests", pods.served)
    await running(rollout.keep_published(None), rollout.poll_pods(None), until=rollout.is_settled.wait)
    await rollout._remove_old({POD: digest})
    assert ("remove_old", {digest}) == publisher.did[-1]
    [sample] = [
        sample.value
        for metric in rollout._metrics.propagation_seconds.collect()
        for sample in metric.samples
        if sample.name.endswith("_count")
    ]
    assert 1 == sample


async def test_without_pods_a_fleet_is_settled_when_published(made, monkeypatch):
    """Nobody is waited for."""
    rollout, _, _ = made
    monkeypatch.setattr(fleet_module, "served_digests", Pods({}).served)
    await running(rollout.keep_published(None), rollout.poll_pods(None), until=rollout.is_settled.wait)
    assert rollout.has_polled.is_set()


async def test_another_build_unsettles(made, monkeypatch):
    """Until it is served too; an equal one doesn't."""
    rollout, _, _ = made
    monkeypatch.setattr(fleet_module, "served_digests", Pods({}).served)
    await running(rollout.keep_published(None), rollout.poll_pods(None), until=rollout.is_settled.wait)
    await rebuild(rollout)
    assert rollout.is_settled.is_set()
    await rebuild(rollout, manifests.route())
    assert not rollout.is_settled.is_set()


async def test_who_begins_to_lead_believes_nothing(made):
    """Others may have acted since."""
    rollout, _, _ = made
    rollout.has_polled.set()
    rollout.is_settled.set()
    rollout.begin_term()
    assert (False, False) == (rollout.has_polled.is_set(), rollout.is_settled.is_set())


HELD = Grants({"app.example.com": HostGrant(id="app.example.com", namespace="other", service="young")})


async def test_a_new_term_publishes_by_the_grants_of_the_one_before_it(made, granted):
    """What this replica has compiled as a standby is not published, for the leader may have granted otherwise."""
    rollout, publisher, _ = made
    rollout.begin_term()
    granted.grants = HELD
    young = manifests.service("young", "other", created="2030-01-01T00:00:00Z")

    async def until():
        await asyncio.sleep(0)
        assert [] == publisher.did
        await rollout.read_grants(None)
        await rebuild(rollout, young)
        await publisher.has_published.wait()

    await running(rollout.keep_published(None), until=until)
    assert HELD == rollout.built.compiled.grants
    assert ["look", rollout.built.encoded.digest] == publisher.did


async def test_a_build_that_began_before_the_term_is_not_published(made):
    """It was made with grants that count no more."""
    rollout, _, _ = made
    original = rollout.build.run

    def run(objects):
        rollout.begin_term()
        return original(objects)

    rollout.build.run = run
    await rebuild(rollout, manifests.route())
    assert not rollout._is_certain


async def test_grants_are_read_once_in_a_term(made, granted):
    """After that the memory of this replica is ahead of what is published."""
    rollout, _, _ = made
    assert not await rollout.read_grants(None)
    rollout.begin_term()
    granted.failures = 1
    with pytest.raises(UnreachableError):
        await rollout.read_grants(None)
    assert await rollout.read_grants(None)
    assert 3 == granted.reads


async def test_grants_are_published_with_the_snapshot(made):
    """Their index is beside the snapshot's, and their shards are among its own."""
    rollout, _, _ = made
    encoded = rollout.built.encoded
    [shard] = decode_grants_index(encoded.grants).shards
    assert rollout.built.compiled.grants == decode_grants_shard(shard, encoded.shards[shard.digest].content)
