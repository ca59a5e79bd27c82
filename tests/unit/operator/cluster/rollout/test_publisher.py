"""What is written to publish a snapshot, to mend one, and to clean up."""

import base64
import copy
import json
import logging

import pytest

from fake_api import fake_api
from manifests import compiled, consumer, credential, route, secret, service
from postern_core.codec import encode_snapshot
from postern_core.grants import Grants, HostGrant
from postern_core.grants_codec import encode_grants
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import RefusedError
from postern_operator.cluster.rollout.publisher import ClusterPublisher

INDEX = "/api/v1/namespaces/gw/configmaps/postern-index"


def encoded(*names, value="0123456789abcdef0123456789abcdef"):
    """A snapshot with these routes."""
    routes = [route(name) for name in names]
    people = [consumer(), credential(), secret(value=value)]
    return encode_snapshot(compiled(service(auth={"jwt": {}}), *routes, *people).snapshot)


ONE, TWO = encoded("one"), encoded("one", "two")


@pytest.fixture
async def fake():
    async with fake_api() as (api, client):
        yield api, client


def publisher(client):
    return ClusterPublisher(Writer(client), "gw")


async def test_shards_come_before_the_index(fake):
    """A reader that sees an index finds what it names."""
    api, client = fake
    await publisher(client).publish(ONE)

    assert len(ONE.shards) + 1 == len(api.paths("PATCH"))
    assert INDEX == api.paths("PATCH")[-1]
    assert ONE.index.decode() == api.objects[INDEX]["data"]["index.json"]


async def test_a_changed_route_is_one_shard_and_the_index(fake):
    """However many other objects there are."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)
    api.writes.clear()
    await one.publish(TWO)

    (changed,) = TWO.shards.keys() - ONE.shards.keys()
    assert [f"/api/v1/namespaces/gw/configmaps/postern-{changed}", INDEX] == [path for _, path, _ in api.writes]


async def test_what_is_there_already_is_not_written(fake):
    """A new operator finds the old one's work."""
    api, client = fake
    await publisher(client).publish(ONE)
    api.writes.clear()
    later = publisher(client)
    await later.look(client)
    await later.publish(ONE)

    assert [] == api.writes


async def test_the_index_waits_for_all_shards(fake):
    """One that can't be written leaves the old index in force."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)
    api.failures.append((500, "InternalError", {}))
    with pytest.raises(RefusedError):
        await one.publish(TWO)
    assert ONE.index.decode() == api.objects[INDEX]["data"]["index.json"]

    await one.look(client)
    await one.publish(TWO)
    assert TWO.index.decode() == api.objects[INDEX]["data"]["index.json"]


async def test_a_refused_shard_is_named_by_what_it_carries(fake):
    """Its own name is a digest of keys; what will not pass by itself counts before what will."""
    api, client = fake
    api.refuses = lambda path, _: (413, "RequestEntityTooLarge") if "/secrets/" in path else (500, "InternalError")
    with pytest.raises(RefusedError) as caught:
        await publisher(client).publish(ONE)

    assert ("credentials", 413) == (caught.value.shard.section, caught.value.status)


@pytest.mark.parametrize("kind", ["configmaps", "secrets"])
async def test_a_deleted_shard_is_put_back(fake, kind):
    """It alone."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)
    path = next(path for path in api.objects if kind in path and path != INDEX)
    gone = api.objects.pop(path)
    api.writes.clear()

    assert one.observe(gone, is_deleted=True)
    await one.publish(ONE)
    assert [path] == api.paths("PATCH")


async def test_an_edited_index_is_put_back(fake):
    """Its content and its labels."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)
    edited = api.put(INDEX, {**api.objects[INDEX], "data": {"index.json": TWO.index.decode()}})

    assert one.observe(edited)
    await one.publish(ONE)
    assert not one.observe(api.objects[INDEX])
    assert ONE.index.decode() == api.objects[INDEX]["data"]["index.json"]


async def test_an_impostor_of_a_shard_is_replaced(fake):
    """Its name says what its content must be, and it can't be changed into that."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)
    path = next(path for path in api.objects if path != INDEX)
    right = copy.deepcopy(api.objects.pop(path))
    impostor = api.put(
        path, {**right, "metadata": {**right["metadata"], "uid": "other"}, "data": {"shard.json": "W10="}}
    )

    assert one.observe(impostor)
    await one.publish(ONE)
    assert right["data"] == api.objects[path]["data"]


async def test_what_is_as_it_must_be_is_no_news(fake):
    """Our own writes come back by the watch."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)

    assert not any(one.observe(manifest) for manifest in api.objects.values())
    assert not one.observe({"kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}})


async def test_old_shards_stay_while_a_pod_may_read_them(fake):
    """It serves the old snapshot, or nobody knows what it serves."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)
    await one.publish(TWO)

    in_use = [[ONE.digest, TWO.digest], [None, TWO.digest], ["what another operator published"]]
    assert [0, 0, 0] == [await one.remove_old(digests) for digests in in_use]
    assert [] == api.paths("DELETE")


async def test_old_shards_go_when_all_pods_have_moved_on(fake):
    """Only old shards are deleted, and only when all pods have moved on."""
    api, client = fake
    other = "/api/v1/namespaces/gw/configmaps/kube-root-ca.crt"
    api.put(other, {"kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": "gw"}})
    one = publisher(client)
    await one.publish(ONE)
    await one.publish(TWO)
    (old,) = ONE.shards.keys() - TWO.shards.keys()

    assert 1 == await one.remove_old([TWO.digest, TWO.digest])
    assert [f"/api/v1/namespaces/gw/configmaps/postern-{old}"] == api.paths("DELETE")
    assert other in api.objects
    assert 0 == await one.remove_old([TWO.digest])


async def test_an_earlier_operators_shards_go_too(fake):
    """It may have died before it could."""
    _, client = fake
    await publisher(client).publish(ONE)
    later = publisher(client)
    await later.look(client)
    await later.publish(TWO)

    assert 0 == await later.remove_old([ONE.digest])
    assert 1 == await later.remove_old([TWO.digest])


async def test_nothing_is_removed_while_the_index_is_not_ours(fake):
    """What readers go by then names who knows what."""
    api, client = fake
    one = publisher(client)
    await one.publish(ONE)
    await one.publish(TWO)
    one.observe(api.objects.pop(INDEX), is_deleted=True)

    assert 0 == await one.remove_old([TWO.digest])


async def test_no_key_is_in_a_log_or_an_error(fake, caplog):
    """No key is in a log or an error, even of a verbose library while the server refuses."""
    api, client = fake
    caplog.set_level(logging.DEBUG)
    api.failures += [(422, "Invalid", {})] * (2 * len(ONE.shards))
    with pytest.raises(RefusedError) as caught:
        await publisher(client).publish(ONE)

    content = next(shard.content for shard in ONE.shards.values() if shard.is_secret)
    (material,) = (key["material"] for it in json.loads(content) for key in it["keys"])
    written = [material, base64.b64decode(material).decode(), base64.b64encode(content).decode()]
    told = f"{caplog.text} {caught.value!r} {caught.value.__cause__} {caught.value.__context__}"
    assert [] == [secret for secret in written if secret in told]


def granting(name, to=ONE):
    """A snapshot, published with the grant of a host."""
    return encode_grants(Grants({name: HostGrant(id=name, namespace="n", service="s")})).beside(to)


async def test_grants_are_published_with_the_index(fake):
    """Their shards come before it; the snapshot's digest stays."""
    api, client = fake
    one, granted = publisher(client), granting("a.x")
    await one.publish(ONE)
    api.writes.clear()
    await one.publish(granted)

    [shard] = granted.shards.keys() - ONE.shards.keys()
    assert [f"/api/v1/namespaces/gw/configmaps/postern-{shard}", INDEX] == [path for _, path, _ in api.writes]
    assert {"index.json": ONE.index.decode(), "grants.json": granted.grants.decode()} == api.objects[INDEX]["data"]


async def test_forged_grants_are_put_back(fake):
    """In the index, and where a shard of them is gone."""
    api, client = fake
    one, granted = publisher(client), granting("a.x")
    await one.publish(granted)
    written = copy.deepcopy(api.objects[INDEX])
    api.objects[INDEX]["data"]["grants.json"] = granting("b.x").grants.decode()
    assert one.observe({**api.objects[INDEX], "kind": "ConfigMap"})
    await one.publish(granted)
    assert written["data"] == api.objects[INDEX]["data"]

    [shard] = granted.shards.keys() - ONE.shards.keys()
    gone = {"kind": "ConfigMap", "metadata": {"name": f"postern-{shard}", "namespace": "gw"}}
    assert one.observe(gone, is_deleted=True)


async def test_shards_of_old_grants_are_removed(fake):
    """No pod reads them."""
    api, client = fake
    one, first, second = publisher(client), granting("a.x"), granting("b.x")
    await one.publish(first)
    await one.publish(second)

    [old] = first.shards.keys() - second.shards.keys()
    assert 1 == await one.remove_old({ONE.digest})
    assert f"/api/v1/namespaces/gw/configmaps/postern-{old}" not in api.objects
