"""The objects that carry a snapshot, and what is known of them."""

import base64

import pytest

from manifests import SECRET, compiled, consumer, credential, route, secret, service
from postern_core.codec import encode_snapshot
from postern_operator.cluster.rollout.published_objects import (
    INDEX_KEY,
    ObjectKey,
    index_manifest,
    key_of,
    observe,
    shard_manifest,
)

LABELS = {"app.kubernetes.io/managed-by": "postern", "postern.dev/gateway": "blue"}


@pytest.fixture(scope="module")
def encoded():
    return encode_snapshot(compiled(service(auth={"jwt": {}}), route(), consumer(), credential(), secret()).snapshot)


@pytest.fixture
def manifests(encoded):
    return [shard_manifest(shard, "n", "blue") for shard in encoded.shards.values()]


def test_a_shard_is_immutable_named_by_its_content_and_labelled(encoded, manifests):
    """Nobody can change it, and everybody can tell whose it is."""
    assert sorted(f"postern-{digest}" for digest in encoded.shards) == sorted(
        it["metadata"]["name"] for it in manifests
    )
    assert all(it["immutable"] and it["metadata"]["labels"] == LABELS for it in manifests)


def test_key_material_is_in_secrets_only(manifests):
    """A ConfigMap may be read by many."""
    material = base64.b64encode(SECRET.encode()).decode()
    in_secrets = [base64.b64decode(it["data"]["shard.json"]).decode() for it in manifests if it["kind"] == "Secret"]

    assert [True] == [material in text for text in in_secrets]
    assert not any(material in str(it) for it in manifests if it["kind"] == "ConfigMap")


def test_what_was_written_is_known_to_be_intact(encoded, manifests):
    """As it comes back from the API server."""
    index = index_manifest(encoded, "n", "blue")
    place, published = observe(index, "blue")

    assert all(observe(it, "blue")[1].is_intact for it in manifests)
    assert {key_of(it) for it in encoded.shards.values()} == {observe(it, "blue")[0] for it in manifests}
    assert (INDEX_KEY, True, encoded.digest) == (place, published.is_intact, published.digest)
    assert frozenset(encoded.shards) == published.names


@pytest.mark.parametrize(
    "edit",
    [
        lambda it: it["metadata"].pop("labels"),
        lambda it: it["metadata"]["labels"].update({"postern.dev/gateway": "green"}),
        lambda it: it.pop("immutable"),
        lambda it: it.pop("data"),
        lambda it: it["data"].update({"shard.json": "W10="}),
        lambda it: it["data"].update({"shard.json": "not base64"}),
    ],
)
def test_an_edited_shard_is_not_intact(manifests, edit):
    """Whatever was done to it."""
    manifest = next(it for it in manifests if it["kind"] == "Secret")
    edit(manifest)

    assert not observe(manifest, "blue")[1].is_intact


@pytest.mark.parametrize("name", ["kube-root-ca.crt", "postern-admin", "postern-" + "g" * 64, "postern-" + "0" * 63])
def test_other_objects_are_none_of_ours(name):
    """The namespace may hold a data plane's own."""
    assert observe({"kind": "ConfigMap", "metadata": {"name": name}}, "blue") is None


def test_an_index_that_cannot_be_read_names_nothing():
    """It is put right, and nothing is concluded from it."""
    place, published = observe(
        {"kind": "ConfigMap", "metadata": {"name": "postern-index"}, "data": {"index.json": "{"}}, "blue"
    )

    assert (ObjectKey("ConfigMap", "postern-index"), frozenset()) == (place, published.names)
