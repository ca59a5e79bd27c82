"""Snapshots in a folder."""

from __future__ import annotations

import stat

import pytest

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.codec import encode_snapshot
from postern_operator.local.directory_publisher import DirectoryPublisher


def encoded(*paths):
    routes = [route(path.strip("/"), paths=[{"type": "Exact", "value": path}]) for path in paths]
    everybody = [consumer(), credential(), secret()]
    return encode_snapshot(compiled(service(auth={"jwt": {}}), *routes, *everybody).snapshot)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


def shards_in(folder):
    return {path.stem for path in (folder / "shards").iterdir()}


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_index_and_its_shards_are_there(folder):
    """Word for word."""
    snapshot = encoded("/a")
    DirectoryPublisher(folder).publish(snapshot)

    assert snapshot.index == (folder / "index.json").read_bytes()
    written = {digest: (folder / f"shards/{digest}.json").read_bytes() for digest in snapshot.shards}
    assert {digest: shard.content for digest, shard in snapshot.shards.items()} == written


def test_key_material_is_the_owner_s_alone(folder):
    """Shards with keys, and their folder, are readable by their owner alone."""
    snapshot = encoded("/a")
    DirectoryPublisher(folder).publish(snapshot)
    secret_modes = {mode_of(folder / f"shards/{it.digest}.json") for it in snapshot.shards.values() if it.is_secret}

    assert ({0o600}, 0o700, 0o700) == (secret_modes, mode_of(folder), mode_of(folder / "shards"))


def test_a_shard_that_is_there_is_not_written_again(folder):
    """One changed route rewrites one shard."""
    publisher, before, after = DirectoryPublisher(folder), encoded("/a"), encoded("/b")
    publisher.publish(before)
    common = set(before.shards) & set(after.shards)
    inodes = {digest: (folder / f"shards/{digest}.json").stat().st_ino for digest in common}
    publisher.publish(after)

    assert common
    assert inodes == {digest: (folder / f"shards/{digest}.json").stat().st_ino for digest in common}


def test_shards_go_one_snapshot_later(folder):
    """A reader may still be at the index before."""
    publisher, first, second, third = DirectoryPublisher(folder), encoded("/a"), encoded("/b"), encoded("/c")
    publisher.publish(first)
    publisher.publish(second)
    assert {*first.shards, *second.shards} == shards_in(folder)
    publisher.publish(third)
    assert {*second.shards, *third.shards} == shards_in(folder)


def test_another_publisher_knows_what_the_one_before_left(folder):
    """After a restart too, a reader may be at the last index."""
    first, second = encoded("/a"), encoded("/b")
    DirectoryPublisher(folder).publish(first)
    DirectoryPublisher(folder).publish(second)

    assert {*first.shards, *second.shards} == shards_in(folder)


def test_what_is_left_half_written_is_replaced(folder):
    """The half of a file that a killed writer has left is overwritten or removed by the next."""
    snapshot = encoded("/a")
    publisher = DirectoryPublisher(folder)
    publisher.publish(snapshot)
    digest = next(iter(snapshot.shards))
    (folder / f"shards/{digest}.json").write_bytes(b"")
    (folder / f"shards/.{digest}.json.new").write_bytes(b"")
    (folder / ".index.json.new").write_bytes(b"")
    publisher.publish(snapshot)

    assert snapshot.shards[digest].content == (folder / f"shards/{digest}.json").read_bytes()
    assert [] == list(folder.rglob(".*.new"))


def test_a_broken_index_is_nobody_s(folder):
    """Its shards are not known, so they go."""
    folder.mkdir()
    (folder / "index.json").write_bytes(b"{")
    snapshot = encoded("/a")
    DirectoryPublisher(folder).publish(snapshot)

    assert set(snapshot.shards) == shards_in(folder)
