"""The bytes of a snapshot."""

from zlib import crc32

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postern_core import codec
from postern_core.codec import (
    CodecError,
    EncodeMemo,
    TooLargeError,
    decode_index,
    decode_shard,
    encode_snapshot,
    with_pods,
)
from postern_core.snapshot import Consumer, Credential, Key, Route, Snapshot
from postern_core.snapshot_rate_limits import RateLimit
from snapshots import decoded_again

TEXTS = st.text(max_size=20)
CONSUMERS = st.dictionaries(TEXTS, st.builds(Consumer, id=TEXTS, namespace=TEXTS, name=TEXTS), max_size=8)


def snapshot(count=3, custom_id=""):
    consumers = tuple(
        Consumer(id=f"Consumer/n/{i:05}", namespace="n", name=f"{i:05}", custom_id=custom_id if i == 1 else "")
        for i in range(count)
    )
    key = Key(material="c2VjcmV0")
    credential = Credential(
        id="JWTCredential/n/a",
        namespace="n",
        name="a",
        created="",
        consumer=consumers[0].id,
        key="a",
        algorithm="HS256",
        keys=(key,),
    )
    return Snapshot(gateway="default", consumers=consumers, credentials=(credential,))


@given(CONSUMERS)
@settings(max_examples=50)
def test_what_was_encoded_comes_back(consumers):
    """Whatever texts the entries hold."""
    entries = tuple(msgspec.structs.replace(entry, id=id_) for id_, entry in sorted(consumers.items()))
    original = Snapshot(gateway="g", consumers=entries)

    assert original == decoded_again(encode_snapshot(original))


def test_one_changed_entry_changes_one_shard():
    """All others keep their names, and need not be written or read again."""
    before, after = encode_snapshot(snapshot(5000)), encode_snapshot(snapshot(5000, custom_id="x"))

    assert len(before.shards) > 30
    assert 1 == len(after.shards.keys() - before.shards.keys())
    assert before.digest != after.digest


def test_the_memo_changes_no_byte():
    """It saves work only."""
    memo = EncodeMemo()
    encode_snapshot(snapshot(300), memo)

    assert encode_snapshot(snapshot(300, "x")) == encode_snapshot(snapshot(300, "x"), memo)


def test_key_material_is_in_secret_shards_only():
    """The public ones may be read by people who may not sign."""
    encoded = encode_snapshot(snapshot())

    assert [True] == [shard.is_secret for shard in encoded.shards.values() if b"c2VjcmV0" in shard.content]


def limited(*limits):
    """A snapshot of one route with these limits."""
    route = Route(
        id="Route/n/r", namespace="n", name="r", created="", hosts=("*",), paths=(), backend="b", service="s",
        rate_limits=limits,
    )  # fmt: skip
    return Snapshot(gateway="default", routes=(route,))


def test_rate_limits_come_back():
    """A limit keeps its key and its numbers, and a route without one has no byte of it."""
    limit = RateLimit(id="Route/n/r/0", by="Claim", requests=100, per_ms=60_000, burst=20, claim=("tenant", "id"))
    encoded = encode_snapshot(limited(limit))

    assert limited(limit) == decoded_again(encoded)
    assert not any(b"rate_limits" in shard.content for shard in encode_snapshot(limited()).shards.values())


def test_the_number_of_pods_changes_only_the_index():
    """A scaling moves no shard, and an index for which the number does not matter has the bytes that it always had."""
    encoded = encode_snapshot(limited())
    counted = with_pods(encoded, 3)

    assert (3, encoded.shards) == (decode_index(counted.index).pods, counted.shards)
    assert counted.digest != encoded.digest == with_pods(counted, 0).digest
    assert b"pods" not in encoded.index


def large(sizes):
    """A snapshot of consumers with custom ids so long, by name."""
    consumers = (Consumer(id=f"Consumer/n/{name}", namespace="n", name=name, custom_id="x" * n) for name, n in sizes)
    return Snapshot(gateway="default", consumers=tuple(sorted(consumers, key=lambda it: it.id)))


def with_another_letter(snapshot, name):
    """The same with one custom id of another content and the same length."""
    consumers = (
        msgspec.structs.replace(it, custom_id="y" * len(it.custom_id)) if it.name == name else it
        for it in snapshot.consumers
    )
    return msgspec.structs.replace(snapshot, consumers=tuple(consumers))


def test_a_shard_fits_into_a_config_map(monkeypatch):
    """Large entries are spread over more shards, however many of them share a bucket."""
    monkeypatch.setattr(codec, "SHARD_BYTES_MAX", 2_000)
    monkeypatch.setattr(codec, "BUCKETS_MAX", 1)
    encoded = encode_snapshot(snapshot(200))

    assert max(len(shard.content) for shard in encoded.shards.values()) <= 2_000
    assert snapshot(200) == decoded_again(encoded)


def test_two_large_entries_of_one_bucket_come_into_two_shards():
    """As they would whatever their ids' hashes have in common, in the largest snapshot as in the smallest."""
    encoded = encode_snapshot(large([("a", 600_000), ("b", 600_000)]))

    assert 2 == len(encoded.shards)
    assert {0} == {shard.bucket for shard in decode_index(encoded.index).shards}


def test_a_full_bucket_moves_no_entry_of_another():
    """One tenant's large entries don't have the shards of all others written anew."""
    small = [(f"{i:05}", 0) for i in range(1000)]
    full = [name for name, _ in small if crc32(f"Consumer/n/{name}".encode()) % 8 == 0][:3]
    before = encode_snapshot(large(small))
    after = encode_snapshot(large([*((n, s) for n, s in small if n not in full), *((n, 700_000) for n in full)]))

    assert 7 == len(before.shards.keys() & after.shards.keys())
    assert 3 == len(after.shards.keys() - before.shards.keys())


@given(st.lists(st.integers(0, 1500), max_size=40), st.integers(0, 39))
@settings(max_examples=50, deadline=None)
def test_a_split_bucket_has_no_more_than_twice_the_shards_that_its_bytes_need(sizes, at):
    """A split bucket has at most twice the needed shards, and an entry of unchanged size changes one of them."""
    named = [(f"{i:05}", size) for i, size in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "SHARD_BYTES_MAX", 2_000)
        encoded = encode_snapshot(large(named))
        again = encode_snapshot(with_another_letter(large(named), f"{at:05}"))
    total = sum(len(shard.content) for shard in encoded.shards.values())

    assert len(encoded.shards) <= 2 * total / 2_000 + 1
    assert len(again.shards.keys() - encoded.shards.keys()) == (at < len(sizes) and sizes[at] > 0)


def test_an_index_that_no_config_map_holds_is_no_snapshot(monkeypatch):
    """Better to keep what is published than to write half of it."""
    monkeypatch.setattr(codec, "INDEX_BYTES_MAX", 100)
    with pytest.raises(TooLargeError, match="index"):
        encode_snapshot(snapshot())


def test_an_entry_that_no_shard_holds_is_no_snapshot():
    """What links entries bounds them; this is for whoever forgets to."""
    with pytest.raises(TooLargeError, match="consumers"):
        encode_snapshot(large([("a", 900_000)]))


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"format":1}',
        b'{"format":2,"gateway":"g","shards":[]}',
        b'{"format":1,"gateway":"g","shards":[],"more":1}',
        b'{"format":1,"gateway":"g","shards":[],"pods":-1}',
        b'{"format":1,"gateway":"g","shards":[{"section":"keys","bucket":0,"digest":"00"}]}',
        b'{"format":1,"gateway":"g","shards":[{"section":"routes","bucket":0,"digest":"../../etc/passwd"}]}',
        b'{"format":1,"gateway":"g","shards":[{"section":"credentials","bucket":0,"digest":"00"}]}',
        *(
            b'{"format":1,"gateway":"g","shards":[{"section":"routes","bucket":0,"digest":"%s"}]}' % digest
            for digest in (b"0" * 63, b"0" * 65, b"A" * 64, b"0" * 64 + b"\\n", b"g" * 64)
        ),
    ],
)
def test_an_index_that_is_not_understood_is_refused(index):
    """Never half of it."""
    with pytest.raises(CodecError):
        decode_index(index)


def test_a_shard_with_another_content_than_its_name_is_refused():
    """One flipped bit is enough."""
    encoded = encode_snapshot(snapshot())
    shard = decode_index(encoded.index).shards[0]

    with pytest.raises(CodecError, match="digest"):
        decode_shard(shard, encoded.shards[shard.digest].content + b" ")


def test_a_shard_with_a_field_that_is_not_known_is_refused():
    """A newer writer may mean a check by it."""
    import hashlib

    content = b'[{"id":"a","namespace":"n","name":"a","more":1}]'
    shard = codec.ShardRef(section="consumers", bucket=0, digest=hashlib.sha256(content).hexdigest())

    with pytest.raises(CodecError, match="decoded"):
        decode_shard(shard, content)
