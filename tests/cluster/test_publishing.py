"""A snapshot in a real API server: published with the operator's rights, changed, broken by hand and mended."""

from __future__ import annotations

import base64
import json

import pytest
from msgspec.structs import replace

from manifests import SECRET, compiled, consumer, credential, route, secret, service
from operator_account import operator_client
from postern_core.codec import decode_index, encode_snapshot
from postern_core.link.sizes import ENTRY_BYTES_MAX, PLACE_BYTES_MAX
from postern_core.snapshot import Key, Snapshot
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.rollout.publisher import ClusterPublisher
from snapshots import decoded

PEOPLE = [consumer(), credential(), secret()]
OURS = "app.kubernetes.io/managed-by=postern,postern.dev/gateway=default"


def snapshot(*names):
    return compiled(service(auth={"jwt": {}}), *map(route, names), *PEOPLE).snapshot


FIRST, SECOND = snapshot("one"), snapshot("one", "two")
ONE, TWO = encode_snapshot(FIRST), encode_snapshot(SECOND)


@pytest.fixture
async def client(kubectl, namespace, tmp_path):
    async with operator_client(kubectl, namespace, tmp_path) as client:
        yield client


@pytest.fixture
def there(kubectl, namespace):
    """`there()`: our objects in the namespace, by name."""

    def there():
        options = (f"--namespace={namespace}", f"--selector={OURS}", "--output=json", "--show-managed-fields")
        done = kubectl("get", "configmaps,secrets", *options, check=True)
        return {it["metadata"]["name"]: it for it in json.loads(done.stdout)["items"]}

    return there


def read(objects):
    """The snapshot as a reader assembles it."""
    index = objects["postern-index"]["data"]["index.json"].encode()
    contents = {}
    for shard in decode_index(index).shards:
        value = objects[f"postern-{shard.digest}"]["data"]["shard.json"]
        content = base64.b64decode(value) if shard.is_secret else value.encode()
        contents[shard.digest] = content
    return decoded(index, contents)


async def test_what_is_published_is_what_was_compiled(client, namespace, there):
    """As a reader assembles it; every object is ours, and only the index can change."""
    await ClusterPublisher(Writer(client), namespace).publish(ONE)
    objects = there()

    assert read(objects) == FIRST
    assert len(ONE.shards) + 1 == len(objects)
    assert {"postern-index"} == {name for name, it in objects.items() if not it.get("immutable")}
    managers = {entry["manager"] for it in objects.values() for entry in it["metadata"]["managedFields"]}
    assert {"postern"} == managers


def largest(letter):
    """Credentials and routes of the largest size, all in one bucket of their section."""
    keys = [Key(material=letter * (ENTRY_BYTES_MAX - 500))]
    credentials = [replace(FIRST.credentials[0], id=f"JWTCredential/n/{n}", keys=tuple(keys)) for n in range(5)]
    places = [
        replace(FIRST.routes[0], id=f"Route/n/{n}", policy=None, refusal=letter * (PLACE_BYTES_MAX - 500))
        for n in range(3)
    ]
    return Snapshot(gateway="default", routes=tuple(places), credentials=tuple(credentials))


# A body beyond 1 MiB is handed to the socket at once, which holds the loop for less than a millisecond.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_entries_of_the_largest_size_are_published(client, namespace, there):
    """However many of them come into one bucket; what follows them is published, too."""
    publisher = ClusterPublisher(Writer(client), namespace)
    encoded = encode_snapshot(largest("A"))
    await publisher.publish(encoded)

    assert largest("A") == read(there())
    assert 6 == len(encoded.shards)
    await publisher.publish(ONE)
    assert FIRST == read(there())


async def test_a_changed_route_changes_one_shard_and_the_index(client, namespace, there):
    """Nothing else has another version afterwards."""
    publisher = ClusterPublisher(Writer(client), namespace)
    await publisher.publish(ONE)
    before = {name: it["metadata"]["resourceVersion"] for name, it in there().items()}
    await publisher.publish(TWO)
    after = there()

    (changed,) = TWO.shards.keys() - ONE.shards.keys()
    written = {name for name, it in after.items() if it["metadata"]["resourceVersion"] != before.get(name)}
    assert {"postern-index", f"postern-{changed}"} == written
    assert read(after) == SECOND


async def test_what_somebody_deletes_or_edits_is_put_back(client, kubectl, namespace, there):
    """Shards of both kinds, the index, and an impostor that can't be changed into what it should be."""
    publisher = ClusterPublisher(Writer(client), namespace)
    await publisher.publish(ONE)
    shards = {it["kind"]: name for name, it in there().items() if name != "postern-index"}
    kubectl("delete", "secret", shards["Secret"], f"-n{namespace}", check=True)
    kubectl("delete", "configmap", shards["ConfigMap"], f"-n{namespace}", check=True)
    kubectl("create", "configmap", shards["ConfigMap"], "--from-literal=shard.json=[]", f"-n{namespace}", check=True)
    edit = json.dumps({"immutable": True})
    kubectl("patch", "configmap", shards["ConfigMap"], f"-n{namespace}", f"--patch={edit}", check=True)
    kubectl("label", "configmap", "postern-index", f"-n{namespace}", "postern.dev/gateway-", check=True)
    kubectl(
        "patch", "configmap", "postern-index", f"-n{namespace}", "--type=merge",
        '--patch={"data": {"index.json": "{}"}}', check=True,
    )  # fmt: skip

    await publisher.look(client)
    await publisher.publish(ONE)
    assert read(there()) == FIRST


async def test_old_shards_go_when_every_pod_has_moved_on(client, namespace, there):
    """Not before, and the current ones stay."""
    publisher = ClusterPublisher(Writer(client), namespace)
    await publisher.publish(ONE)
    await publisher.publish(TWO)

    assert 0 == await publisher.remove_old([ONE.digest, TWO.digest])
    assert len(ONE.shards.keys() | TWO.shards.keys()) + 1 == len(there())
    assert 1 == await publisher.remove_old([TWO.digest])
    assert {"postern-index", *(f"postern-{digest}" for digest in TWO.shards)} == there().keys()


async def test_another_operator_finds_everything_in_place(client, namespace, there):
    """After a restart nothing is written that is there."""
    await ClusterPublisher(Writer(client), namespace).publish(ONE)
    before = {name: it["metadata"]["resourceVersion"] for name, it in there().items()}
    later = ClusterPublisher(Writer(client), namespace)
    await later.look(client)
    await later.publish(ONE)

    assert before == {name: it["metadata"]["resourceVersion"] for name, it in there().items()}


async def test_no_key_is_in_a_config_map(client, namespace, there):
    """No ConfigMap holds the bytes of a key, or the text that they are written as."""
    await ClusterPublisher(Writer(client), namespace).publish(ONE)
    public = json.dumps([it for it in there().values() if it["kind"] == "ConfigMap"])

    once = base64.b64encode(SECRET.encode()).decode()
    assert [] == [text for text in (SECRET, once, base64.b64encode(once.encode()).decode()) if text in public]
