"""The grants that are published, read again."""

from __future__ import annotations

import pytest

from fake_lists import FakeLists, serving
from manifests import compiled, consumer, credential, route, secret, service
from postern_core.codec import encode_snapshot
from postern_core.grants import Grants
from postern_core.grants_codec import encode_grants
from postern_core.link.retained import EMPTY
from postern_operator.cluster.errors import UnreachableError
from postern_operator.cluster.rollout.published_grants import read_grants, read_snapshot
from postern_operator.cluster.rollout.published_objects import RESOURCES, index_manifest, shard_manifest

MADE = compiled(
    service(auth={"jwt": {}}), service("idle", hosts=["idle.example.com"]), route(),
    consumer(), credential(), credential("keyless", keys=[{"secretRef": {"name": "none", "key": "secret"}}]), secret(),
)  # fmt: skip
ENCODED = encode_grants(MADE.grants).beside(encode_snapshot(MADE.snapshot))


def put(fake, manifest):
    fake.put(RESOURCES[manifest["kind"]].path("gw"), manifest["metadata"]["name"], "gw", data=manifest["data"])


@pytest.fixture
def fake():
    """An API server where a snapshot is published with its grants."""
    fake = FakeLists()
    for shard in ENCODED.shards.values():
        put(fake, shard_manifest(shard, "gw", "default"))
    put(fake, index_manifest(ENCODED, "gw", "default"))
    return fake


async def read(fake):
    async with serving(fake) as api:
        return await read_grants(api, "gw")


def entries(fake, kind):
    return fake.objects[RESOURCES[kind].path("gw")]


async def test_what_is_published_is_read(fake):
    """By a few requests: for the index and the shards of grants."""
    assert MADE.grants == await read(fake)
    assert 3 == len(fake.requests)


async def test_where_nothing_is_published_nothing_is_granted():
    """A first start."""
    assert Grants() == await read(FakeLists())


async def test_without_grants_who_is_served_has_been_granted_it(fake):
    """As after a version that published none."""
    [index] = [it for it in entries(fake, "ConfigMap") if it["metadata"]["name"] == "postern-index"]
    del index["data"]["grants.json"]
    granted = await read(fake)

    assert ({"app.example.com"}, {"default/alice"}) == (granted.hosts.keys(), granted.keys.keys())


async def test_a_part_that_is_gone_follows_from_the_snapshot(fake):
    """Lost grants are derived from the published snapshot, and the remaining ones still count."""
    gone = {f"postern-{it.digest}" for it in ENCODED.shards.values() if it.section == "keys"}
    secrets = entries(fake, "Secret")
    secrets[:] = [it for it in secrets if it["metadata"]["name"] not in gone]
    granted = await read(fake)

    assert MADE.grants.hosts == granted.hosts
    assert {"default/alice"} == granted.keys.keys()


async def test_a_forged_shard_is_not_believed(fake):
    """Its name is its content."""
    for manifest in entries(fake, "Secret"):
        manifest["data"] = {"shard.json": "W10="}

    assert {} == (await read(fake)).keys
    assert MADE.grants.hosts == (await read(fake)).hosts


@pytest.mark.parametrize("content", ["", "{", '{"format":7}'])
async def test_an_index_that_cannot_be_read_grants_nothing(fake, content):
    """An unreadable index, of grants or of the snapshot, grants nothing."""
    [index] = [it for it in entries(fake, "ConfigMap") if it["metadata"]["name"] == "postern-index"]
    index["data"] = {"grants.json": content, "index.json": content}

    assert Grants() == await read(fake)


async def test_a_server_that_refuses_is_an_error(fake):
    """It is not the same as nothing being there."""
    fake.refuse[RESOURCES["ConfigMap"].path("gw", "postern-index")] = 403
    with pytest.raises(UnreachableError):
        await read(fake)


async def snapshot_of(fake):
    async with serving(fake) as api:
        return await read_snapshot(api, "gw")


async def test_the_published_snapshot_is_read_whole(fake):
    """Its keys too; where nothing is published there is none."""
    assert MADE.snapshot == await snapshot_of(fake)
    assert EMPTY == await snapshot_of(FakeLists())


async def test_a_snapshot_with_a_part_missing_counts_as_none(fake):
    """A request must not fall from a route that is missing to a wider one."""
    gone = {f"postern-{it.digest}" for it in ENCODED.shards.values() if it.section == "policies"}
    config_maps = entries(fake, "ConfigMap")
    config_maps[:] = [it for it in config_maps if it["metadata"]["name"] not in gone]
    assert EMPTY == await snapshot_of(fake)


async def test_a_snapshot_that_may_not_be_read_is_an_error(fake):
    """A snapshot that may not be read is an error: nothing is published until it can be."""
    fake.refuse[RESOURCES["ConfigMap"].path("gw", "postern-index")] = 403
    with pytest.raises(UnreachableError):
        await snapshot_of(fake)
