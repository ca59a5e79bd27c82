"""The fetched keys of issuers as ConfigMaps."""

import json
import logging

import pytest

from fake_api import fake_api
from fake_provider import jwk, signing_key
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import UnreachableError
from postern_operator.cluster.kept_keys import KeptKeys
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.source import KeySource
from postern_operator.jwk_sets import read_published_jwks, write_jwks

SOURCE = KeySource("https://login.example.com/jwks")
SET = write_jwks(read_published_jwks(json.dumps({"keys": [jwk(signing_key(), "one")]})).keys)
KEYS = FetchedKeys(SET, 1_800_000_000.0, SOURCE.url, '"a"')
PATH = f"/api/v1/namespaces/postern-system/configmaps/postern-jwks-{SOURCE.id}"


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, client


def kept(client, *, leads=True):
    return KeptKeys(client, Writer(client, lambda: leads), "postern-system")


async def test_another_replica_reads_what_the_leader_has_kept(fake):
    """A replica that doesn't lead writes nothing, and reads all the same."""
    api, client = fake
    await kept(client, leads=False).keep(SOURCE, KEYS)
    assert not api.writes
    await kept(client).keep(SOURCE, KEYS)
    assert KEYS == await kept(client, leads=False).read(SOURCE)
    assert "postern" == api.objects[PATH]["metadata"]["labels"]["app.kubernetes.io/managed-by"]


async def test_an_object_of_others_counts_as_nothing(fake):
    """Its keys are fetched again, and it is overwritten then."""
    api, client = fake
    for data in ({}, None, {"keys.json": "x"}):
        api.put(PATH, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data})
        assert await kept(client).read(SOURCE) is None


async def test_a_source_that_is_dropped_leaves_nothing(fake):
    """By the leader, and once."""
    api, client = fake
    await kept(client).keep(SOURCE, KEYS)
    await kept(client, leads=False).drop(SOURCE)
    assert PATH in api.objects
    for _ in range(2):
        await kept(client).drop(SOURCE)
    assert (PATH not in api.objects, [PATH]) == (True, api.paths("DELETE"))


async def test_an_api_server_that_fails_stops_no_fetch(fake, caplog):
    """Nothing is raised; what can't be kept is logged."""
    api, client = fake
    with caplog.at_level(logging.WARNING):
        for act in (kept(client).keep(SOURCE, KEYS), kept(client).drop(SOURCE)):
            api.failures = [(500, "InternalError", {})] * 9
            await act
    assert 2 == len(caplog.records)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_keys_that_cannot_be_read_now_are_not_taken_for_none(fake, status):
    """A restart while the API server is busy would publish routes without their keys."""
    api, client = fake
    api.failures = [(status, "Busy", {})]
    with pytest.raises(UnreachableError):
        await kept(client).read(SOURCE)


async def test_keys_that_may_not_be_read_are_fetched_anew(fake, caplog):
    """A missing right stops no rebuild."""
    api, client = fake
    api.failures = [(403, "Forbidden", {})]
    with caplog.at_level(logging.WARNING):
        assert await kept(client).read(SOURCE) is None
    assert 1 == len(caplog.records)
