"""The bytes of grants."""

import msgspec
import pytest

from manifests import compiled, service
from postern_core.codec import CodecError, encode_snapshot
from postern_core.grants import Grants, HostGrant, KeyGrant, key_id
from postern_core.grants_codec import (
    SHARD_BYTES_MAX,
    decode_grants_index,
    decode_grants_shard,
    encode_grants,
)


def many(count, length=8):
    """Grants of so many hosts and keys."""
    names = [f"{number:08}".ljust(length, "x") for number in range(count)]
    return Grants(
        {name: HostGrant(id=name, namespace="n", service="s") for name in names},
        {key_id("n", name): KeyGrant(id=key_id("n", name), credential=name) for name in names},
    )


def decoded(encoded):
    grants = Grants()
    for shard in decode_grants_index(encoded.index).shards:
        grants = grants.completed_by(decode_grants_shard(shard, encoded.shards[shard.digest].content))
    return grants


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_what_is_decoded_is_what_was_encoded(count):
    """Keys are in secret shards, hosts in public ones."""
    grants = many(count)
    encoded = encode_grants(grants)

    assert grants == decoded(encoded)
    assert {shard.section == "keys" for shard in encoded.shards.values()} <= {True, False}
    assert all(shard.is_secret == (shard.section == "keys") for shard in encoded.shards.values())


def test_the_order_of_grants_is_not_in_their_bytes():
    """Equal grants have equal bytes."""
    grants = many(300)
    other = Grants(dict(reversed(grants.hosts.items())), dict(reversed(grants.keys.items())))

    assert encode_grants(grants) == encode_grants(other)


def test_one_more_grant_changes_two_shards_at_most():
    """However many there are."""
    grants = many(20_000)
    before = encode_grants(grants)
    after = encode_grants(grants.completed_by(Grants({"0": HostGrant(id="0", namespace="n", service="s")})))

    assert 10 < len(before.shards)
    assert len(after.shards.keys() - before.shards.keys()) <= 2


def test_no_shard_is_too_large():
    """Whatever names a user chooses: these end no shard by their checksum before it is full."""
    encoded = encode_grants(many(3000, length=250))

    assert max(len(shard.content) for shard in encoded.shards.values()) < SHARD_BYTES_MAX + 1000


def test_grants_are_published_beside_a_snapshot():
    """The snapshot keeps its index and its digest."""
    snapshot = encode_snapshot(compiled(service()).snapshot)
    grants = encode_grants(many(1))
    together = grants.beside(snapshot)

    assert (snapshot.index, snapshot.digest, grants.index) == (together.index, together.digest, together.grants)
    assert together.shards.keys() == snapshot.shards.keys() | grants.shards.keys()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"format":1,"shards":[],"more":1}',
        b'{"format":2,"shards":[]}',
        b'{"format":1,"shards":[{"section":"routes","bucket":0,"digest":"d"}]}',
        b'{"format":1,"shards":[{"section":"keys","bucket":0,"digest":"d"}]}',
        b'{"format":1,"shards":[{"section":"hosts","bucket":0,"digest":"../secrets/x"}]}',
    ],
)
def test_an_index_that_is_none_is_refused(content):
    """An index is refused if it can't be read, has another format, calls keys public, or names no digest."""
    with pytest.raises(CodecError):
        decode_grants_index(content)


def test_a_shard_that_is_not_the_one_that_is_named_is_refused():
    """A shard with other bytes than the index names, or that can't be read, is refused without quoting it."""
    encoded = encode_grants(many(1))
    shard = decode_grants_index(encoded.index).shards[0]
    with pytest.raises(CodecError, match="digest"):
        decode_grants_shard(shard, b"[]")
    other = encode_grants(Grants({"a": HostGrant(id="hunter2", namespace="n", service="s")})).shards
    [(digest, content)] = other.items()
    named = msgspec.structs.replace(shard, section="keys", digest=digest)
    with pytest.raises(CodecError) as caught:
        decode_grants_shard(named, content.content)
    assert "hunter2" not in str(caught.value)
