"""The bytes of a snapshot."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postern_core import codec
from postern_core.codec import (
    CodecError,
    EncodeMemo,
    decode_index,
    decode_shard,
    encode_snapshot,
)
from postern_core.snapshot import Consumer, Credential, Key, Snapshot
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


def test_a_shard_fits_into_a_config_map(monkeypatch):
    """Large entries are spread over more shards."""
    monkeypatch.setattr(codec, "SHARD_BYTES_MAX", 2_000)
    encoded = encode_snapshot(snapshot(200))

    assert max(len(shard.content) for shard in encoded.shards.values()) <= 2_000
    assert snapshot(200) == decoded_again(encoded)


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"format":1}',
        b'{"format":2,"gateway":"g","shards":[]}',
        b'{"format":1,"gateway":"g","shards":[],"more":1}',
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
