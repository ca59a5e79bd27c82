"""The keys of token issuers in one replica: compiled by all, fetched by the one that leads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import pytest

from fake_api import fake_api
from fake_provider import JWKS, fake_provider, jwk, signing_key
from postern_core.ref import Ref
from postern_core.special_addresses import AllowedAddresses, SpecialUse
from postern_operator.cluster import key_fetching
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import UnreachableError
from postern_operator.cluster.kept_keys import KeptKeys
from postern_operator.cluster.key_fetching import NOT_FETCHED, KeyFetching
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rollout.data_plane_pods import AdminEndpoint
from postern_operator.cluster.settings import Settings
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.source import Demand, KeySource
from postern_operator.jwk_sets import read_jwks, read_published_jwks, write_jwks

ISSUER = Ref("TokenIssuer", "demo", "keycloak")
SETTINGS = Settings(lease_namespace="postern-system", fetch_allow=AllowedAddresses(frozenset({SpecialUse.LOOPBACK})))


def key_set(kid):
    return write_jwks(read_published_jwks(json.dumps({"keys": [jwk(signing_key(), kid)]})).keys)


class Rollout:
    """Has these pods."""

    def __init__(self, *pods):
        self._pods = pods

    def admins(self):
        return self._pods


class Replica:
    """One replica beside a provider, with how often it has asked for another rebuild."""

    def __init__(self, client, *, pods=(), leads=True):
        self.changes = 0
        writer = Writer(client, lambda: leads)
        self.store = KeptKeys(client, writer, "postern-system")
        self.keys = KeyFetching(client, writer, SETTINGS, Metrics(), rollouts=[Rollout(*pods)], changed=self._changed)

    def _changed(self):
        self.changes += 1

    async def kids(self):
        """The keys that are compiled now."""
        (made,) = await self.keys.added_to(())
        return [key.id for key in read_jwks(made.resource.keys).keys] if made.resource.keys else []

    async def until_kids(self, *kids):
        while await self.kids() != list(kids):  # noqa: ASYNC110 # nothing signals it
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def acting(replica):
    replica.keys.begin_term()
    async with acting_on(replica):
        yield


@contextlib.asynccontextmanager
async def acting_on(replica):
    """Act in a term that has begun already."""
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        jobs = [tasks.create_task(it) for it in (replica.keys.act(), replica.keys.wait_first())]
        yield
        for job in jobs:
            job.cancel()


@pytest.fixture
async def provider():
    async with fake_provider() as provider:
        provider.publish(jwk(signing_key(), "one"))
        yield provider


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, client


@pytest.fixture(autouse=True)
def source(provider, monkeypatch):
    """The one source that is demanded."""
    source = KeySource(provider.origin + JWKS, is_insecure=True)
    monkeypatch.setattr(key_fetching, "demands_of", lambda _: {ISSUER: Demand(source)})
    return source


async def test_only_the_replica_that_leads_fetches(fake, provider):
    """A standby compiles what was kept when it needed it first, and writes nothing."""
    api, client = fake
    standby = Replica(client, leads=False)
    assert [] == await standby.kids()
    leader = Replica(client)
    async with acting(leader):
        await leader.until_kids("one")
        while not api.objects:  # noqa: ASYNC110 # nothing signals it
            await asyncio.sleep(0.01)
    assert ({JWKS: 1}, 1) == (provider.asked, len(api.objects))
    assert leader.changes
    assert ["one"] == await Replica(client, leads=False).kids()
    assert [] == await standby.kids()


async def test_nothing_is_compiled_in_a_term_before_kept_keys_were_read(fake, provider, source):
    """Keys that another leader has fetched count from the first build on, and nothing is fetched before it."""
    _, client = fake
    replica = Replica(client)
    assert [] == await replica.kids()
    await replica.store.keep(source, FetchedKeys(key_set("theirs"), time.time(), source.url))
    async with acting(replica):
        await asyncio.sleep(0.05)
        assert not provider.asked
        assert ["theirs"] == await replica.kids()
    assert not provider.asked


async def test_a_term_that_begins_during_a_build_reads_kept_keys_too(fake, provider, monkeypatch):
    """What was built for the term before lets nothing be fetched in this one."""
    _, client = fake
    replica = Replica(client)
    original = replica.store.read

    async def read(self, source):
        replica.keys.begin_term()
        return await original(source)

    with monkeypatch.context() as patch:
        patch.setattr(KeptKeys, "read", read)
        await replica.keys.added_to(())
    async with acting_on(replica):
        await asyncio.sleep(0.05)
        assert not provider.asked
        await replica.until_kids("one")


async def test_a_build_fails_while_kept_keys_cannot_be_read(fake):
    """What is published stays until they can."""
    api, client = fake
    replica = Replica(client)
    await replica.kids()
    replica.keys.begin_term()
    api.failures = [(500, "InternalError", {})]
    with pytest.raises(UnreachableError):
        await replica.keys.added_to(())
    assert [] == await replica.kids()


async def test_it_is_ready_once_every_source_was_tried(fake):
    """Not before the first build, and not while keys are fetched for the first time."""
    _, client = fake
    replica = Replica(client)
    async with acting(replica):
        assert NOT_FETCHED == replica.keys.why_not_ready()
        await replica.kids()
        assert NOT_FETCHED == replica.keys.why_not_ready()
        while replica.keys.why_not_ready():  # noqa: ASYNC110 # nothing signals it
            await asyncio.sleep(0.01)


async def test_pods_are_asked_for_hints_only_while_keys_are_fetched(fake, monkeypatch):
    """Without issuers whose keys are fetched, no question is held open at any pod."""
    pod = AdminEndpoint("10.0.0.1", 9081)
    _, client = fake
    replica = Replica(client, pods=[pod])
    assert () == replica.keys._pods()
    await replica.kids()
    assert (pod,) == replica.keys._pods()
    monkeypatch.setattr(key_fetching, "demands_of", lambda _: {})
    replica = Replica(client, pods=[pod])
    await replica.keys.added_to(())
    assert () == replica.keys._pods()
