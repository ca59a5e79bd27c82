"""A gateway's rollout and how many pods it has: by them the rate limits in its index are divided."""

from __future__ import annotations

import asyncio

import pytest

import manifests
from postern_core.codec import decode_index
from postern_core.conditions import Programming
from postern_core.parse import parse_manifest
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rollout import gateway_rollout as rollout_module
from postern_operator.cluster.rollout.data_plane_pods import AdminEndpoint
from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.settings import Gateway

LIMITED = manifests.route(rateLimit=[{"by": "Client", "requests": 10, "per": "1s"}])
PODS = tuple(AdminEndpoint(f"10.0.0.{number}", 9081) for number in (1, 2))


class Publisher:
    """Publishes at once; `published` is all of it, in order."""

    def __init__(self):
        self.published = asyncio.Queue()

    async def look(self, _client):
        pass

    async def publish(self, encoded):
        self.published.put_nowait(encoded)

    async def remove_old(self, _in_use):
        return 0


@pytest.fixture
def pods(monkeypatch):
    """The pods that are ready, at first one; and the digest that they serve."""
    ready, served = [PODS[0]], {}
    monkeypatch.setattr(rollout_module, "ready_endpoints", lambda *_: tuple(ready))

    async def ask(admins, _session):
        return dict.fromkeys(admins, served["digest"])

    monkeypatch.setattr(rollout_module, "served_digests", ask)
    return ready, served


@pytest.fixture
async def rollout():
    rollout = GatewayRollout(Gateway("default", "gw"), Publisher(), tuple, lambda: None, Metrics())
    rollout._read_in_term = rollout._term
    return rollout


async def rebuild(rollout, *more):
    await rollout.rebuild(tuple(map(parse_manifest, (manifests.service(), *more))))
    return decode_index(rollout.built.encoded.index).pods


async def test_a_build_has_the_number_of_pods_at_once(rollout, pods):
    """No index with limits is published by which each pod grants the whole, where the pods are known."""
    pods[0].append(PODS[1])
    assert 2 == await rebuild(rollout, LIMITED)
    assert 0 == await rebuild(rollout)
    assert b"pods" not in rollout.built.encoded.index


async def test_a_scaling_publishes_another_index_and_changes_no_status(rollout, pods, monkeypatch):
    """Pods that still serve the index with the other number serve each object as it is now."""
    ready, served = pods
    assert 1 == await rebuild(rollout, LIMITED)
    served["digest"] = rollout.built.encoded.digest
    monkeypatch.setattr("postern_operator.cluster.rollout.pod_count.CHANGES_EVERY_S", 0.0)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        loops = [tasks.create_task(it) for it in (rollout.keep_published(None), rollout.poll_pods(None))]
        await rollout.is_settled.wait()
        ready.append(PODS[1])
        rollout.pods_changed()
        indexes = [decode_index((await rollout.publisher.published.get()).index) for _ in range(2)]
        for loop in loops:
            loop.cancel()
    assert [1, 2] == [index.pods for index in indexes]
    assert indexes[0].shards == indexes[1].shards
    assert not rollout.is_settled.is_set()
    assert {Programming.PROGRAMMED} == {rollout.ledger.programming_of(it) for it in rollout.built.objects}


async def test_a_new_term_counts_the_pods_anew(rollout, pods):
    """What a replica saw as a standby, or before another one led, is no number to keep."""
    pods[0].append(PODS[1])
    assert 2 == await rebuild(rollout, LIMITED)
    pods[0].pop()
    assert 2 == await rebuild(rollout, LIMITED)
    rollout.begin_term()
    assert 1 == await rebuild(rollout, LIMITED)
