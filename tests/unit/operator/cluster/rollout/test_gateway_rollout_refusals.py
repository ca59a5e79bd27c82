"""What the API server refuses is left out alone: a rollout and its publisher against a fake that refuses by content."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

import manifests
from fake_api import fake_api
from postern_core.parse import parse_manifest
from postern_kit.backoff import Backoff
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rollout import gateway_rollout as fleet_module
from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.rollout.publisher import ClusterPublisher
from postern_operator.cluster.settings import Gateway

PEOPLE = ["ann", "bob", "eve", "ida"]
INDEX = "/api/v1/namespaces/gw/configmaps/postern-index"


def objects(*more):
    people = [
        one for name in PEOPLE for one in (
            manifests.consumer(name), manifests.credential(name, consumerRef={"name": name}),
        )
    ]  # fmt: skip
    known = [manifests.service(auth={"jwt": {}}), manifests.route(), manifests.secret(), *people, *more]
    return tuple(map(parse_manifest, known))


def content_of(path, body):
    """What a shard holds, as text."""
    data = body.get("data", {}).get("shard.json", "")
    return base64.b64decode(data).decode() if "/secrets/" in path else data


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, client


async def published(client, monkeypatch, until):
    """A rollout that publishes these objects and builds again when it is told to, until something is so."""
    monkeypatch.setattr(fleet_module, "Backoff", lambda: Backoff(first_s=0, at_most_s=0))

    def rebuild():
        tasks.create_task(rollout.rebuild(objects()))

    publisher = ClusterPublisher(Writer(client), "gw")
    rollout = GatewayRollout(Gateway("default", "gw"), publisher, tuple, lambda: None, Metrics(), rebuild=rebuild)
    await rollout.read_grants(client)
    await rollout.rebuild(objects())
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(rollout.keep_published(client))
        while not until(rollout):  # noqa: ASYNC110 # what is waited for has no event of its own
            await asyncio.sleep(0.01)
        task.cancel()
    return rollout


def is_published(rollout):
    return rollout._published == rollout.built.encoded.digest


@pytest.mark.parametrize("status", [(413, "RequestEntityTooLarge"), (422, "Invalid"), (403, "Forbidden")])
async def test_one_refused_credential_is_left_out_alone(fake, monkeypatch, status):
    """All others are published, and what hinders that one is known."""
    api, client = fake
    api.refuses = lambda path, body: status if "JWTCredential/default/eve" in content_of(path, body) else None
    rollout = await published(client, monkeypatch, is_published)

    assert ["ann", "bob", "ida"] == [entry.name for entry in rollout.built.compiled.snapshot.credentials]
    assert {"JWTCredential/default/eve"} == rollout.built.withheld
    assert ("", f"the API server refuses a Secret of credentials: {status[0]} {status[1]}") == (
        rollout.failure, rollout.withheld_because
    )  # fmt: skip


async def test_two_refused_entries_of_two_sections_are_left_out(fake, monkeypatch):
    """One after the other; the route keeps its place, which is taken."""
    api, client = fake

    def refuses(path, body):
        content = content_of(path, body)
        is_route = "Route/default/all" in content and '"policy"' in content
        return (422, "Invalid") if is_route or "JWTCredential/default/bob" in content else None

    api.refuses = refuses
    rollout = await published(client, monkeypatch, is_published)

    assert {"Route/default/all", "JWTCredential/default/bob"} == rollout.built.withheld
    assert ["can't be published"] == [entry.refusal for entry in rollout.built.compiled.snapshot.routes]


async def test_where_everything_is_refused_nothing_is_left_out(fake, monkeypatch):
    """Where the API server refuses every object none is withheld, and what is published stays whole."""
    api, client = fake
    api.refuses = lambda path, _: (403, "Forbidden") if "/secrets/" in path else None
    rollout = await published(client, monkeypatch, lambda rollout: rollout.failure)

    assert "the API server refuses a Secret of keys: 403 Forbidden" == rollout.failure
    assert frozenset() == rollout.built.withheld
    assert INDEX not in api.objects


async def test_a_quota_leaves_nothing_out(fake, monkeypatch):
    """It would refuse whichever shard comes last, and not because of what is in it; nothing is tried out for it."""
    api, client = fake
    api.message = "exceeded quota: a"
    api.refuses = lambda path, body: (403, "Forbidden") if "default/eve" in content_of(path, body) else None
    rollout = await published(client, monkeypatch, lambda rollout: rollout.failure)

    assert rollout.failure.endswith("(exceeded quota)")
    assert {} == rollout.build.refused


async def test_no_key_is_in_what_is_logged(fake, monkeypatch, caplog):
    """Only names of objects are."""
    api, client = fake
    api.refuses = lambda path, body: (422, "Invalid") if "JWTCredential/default/eve" in content_of(path, body) else None
    await published(client, monkeypatch, is_published)

    said = json.dumps([vars(record) for record in caplog.records], default=str)
    assert "JWTCredential/default/eve" in said
    assert base64.b64encode(manifests.SECRET.encode()).decode() not in said
    assert manifests.SECRET not in said
