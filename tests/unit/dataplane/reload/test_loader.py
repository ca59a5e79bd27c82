"""From bytes on disk to a table, or to a reason why not."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from msgspec.structs import replace

from generations import open_routes
from postern_core import codec
from postern_core.snapshot import Backend, Snapshot
from postern_dataplane.errors import SnapshotError
from postern_dataplane.reload import loader as module
from postern_dataplane.reload.loader import Loader
from snapshots import publish_into


def refusal(loader):
    with pytest.raises(SnapshotError) as refused:
        loader.load(None)
    return refused.value


def shards(folder):
    return sorted((folder / "shards").iterdir())


def test_a_snapshot_becomes_a_table(folder, publish):
    """Named by the digest of its index."""
    digest = publish("/a", "/b")
    table = Loader(folder).load(None)
    assert (digest, 2, "default") == (table.digest, table.routes, table.gateway)


def test_a_table_knows_the_number_of_pods(folder, publish):
    """A scaling changes the index alone, and makes another table."""
    publish("/a")
    loader = Loader(folder)
    table = loader.load(None)
    index = codec.decode_index((folder / "index.json").read_bytes())
    (folder / "index.json").write_bytes(msgspec.json.encode(replace(index, pods=3)))
    assert [0, 3] == [table.pods, loader.load(table).pods]


def test_what_is_loaded_already_is_not_loaded_again(folder, publish):
    """An unchanged index yields the table that is already loaded."""
    publish("/a")
    loader = Loader(folder)
    table = loader.load(None)
    assert table is loader.load(table)


def test_a_shard_that_is_known_is_not_read_again(folder, publish):
    """Only the changed ones are."""
    publish("/a")
    loader = Loader(folder)
    table = loader.load(None)
    known = shards(folder)
    digest = publish("/a", "/b")
    for shard in known:
        shard.unlink()
    assert digest == loader.load(table).digest


def test_shards_that_are_gone_are_forgotten(folder, publish):
    """Memory holds what is in force."""
    loader, table = Loader(folder), None
    for paths in (["/a"], ["/b"]):
        publish(*paths)
        table = loader.load(table)
    assert 3 == len(loader._shards)


def test_an_entry_that_is_as_it_was_is_the_same_object(folder, publish):
    """An unchanged entry stays the same object, also in a shard that has changed: memory holds it once."""
    publish("/a", "/b")
    loader = Loader(folder)
    before = loader.load(None)
    publish("/a", "/c")
    after = loader.load(before)
    kept, changed = (f"Route/demo/r{number}" for number in range(2))
    assert before.entries["routes"][kept] is after.entries["routes"][kept]
    assert before.entries["routes"][changed] != after.entries["routes"][changed]
    assert before.entries["backends"] is after.entries["backends"]
    [shard] = [entries for (section, _), entries in loader._shards.items() if section == "routes"]
    assert {id(entry) for entry in shard} == {id(entry) for entry in after.entries["routes"].values()}


def test_shards_that_are_divided_anew_are_no_change(folder, publish, monkeypatch):
    """What an entry lies beside is not what it says."""
    publish("/a", "/b", "/c", "/d")
    loader = Loader(folder)
    before = loader.load(None)
    known = shards(folder)
    monkeypatch.setattr(codec, "SHARD_BYTES_MAX", 300)
    publish("/a", "/b", "/c", "/d")
    after = loader.load(before)
    assert len(shards(folder)) > len(known)
    assert before.digest != after.digest
    assert before.entries["routes"] is after.entries["routes"]
    assert before.hosts.find("h") is after.hosts.find("h")


def test_whatever_table_was_there_before_the_next_one_is_right(folder, publish):
    """Only whether it holds the same already is asked of it."""
    loader = Loader(folder)
    publish("/a", "/b")
    first = loader.load(None)
    publish("/a")
    last = loader.load(first)
    publish("/b", "/c", "/d")
    tables = [loader.load(it) for it in (first, None, last)]
    assert [["/b", "/c", "/d"]] * 3 == [sorted(it.hosts.find("h").exact) for it in tables]


@pytest.mark.parametrize("twice", ["in one shard", "in two shards", "in a kept shard", "a shard twice"])
def test_an_id_that_comes_twice_is_refused(folder, twice):
    """Whether its shards are new or known, and nothing of the old table changes."""
    loader = Loader(folder)
    one, other = (Backend(id="a", path_prefix=path) for path in ("", "/b"))
    write(folder, [one])
    table = loader.load(None)
    write(folder, *{
        "in one shard": [[one, other]],
        "in two shards": [[other], [other, Backend(id="b")]],
        "in a kept shard": [[one], [other]],
        "a shard twice": [[one], [one]],
    }[twice])  # fmt: skip
    with pytest.raises(SnapshotError, match="comes twice in"):
        loader.load(table)
    assert {"a": one} == table.entries["backends"]
    write(folder, [one], [Backend(id="b")])
    assert ["a", "b"] == list(loader.load(table).upstreams)


def write(folder, *shards_):
    """Write these shards of backends, and an index of them."""
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    named = []
    for number, entries in enumerate(shards_):
        content = msgspec.json.encode(entries)
        digest = hashlib.sha256(content).hexdigest()
        (folder / "shards" / f"{digest}.json").write_bytes(content)
        named.append(codec.ShardRef(section="backends", bucket=number, digest=digest))
    (folder / "index.json").write_bytes(msgspec.json.encode(codec.Index(format=1, gateway="g", shards=tuple(named))))


def test_a_shard_is_known_by_its_section_too(folder):
    """Equal bytes in another section are another shard."""
    loader = Loader(folder)
    write(folder, [Backend(id="a")])
    table = loader.load(None)
    index = (folder / "index.json").read_text()
    (folder / "index.json").write_text(index.replace("backends", "endpoints"))
    with pytest.raises(SnapshotError, match="a shard of endpoints can't be decoded"):
        loader.load(table)


@pytest.mark.parametrize(("content", "said"), [(b"{}", "can't be decoded"), (b"\xff", "can't be decoded")])
def test_a_bad_index_is_refused(folder, publish, content, said):
    """A bad index is refused, and is not expected to become good."""
    publish("/a")
    (folder / "index.json").write_bytes(content)
    error = refusal(Loader(folder))
    assert (True, False, 64) == (said in str(error), error.may_heal, len(error.digest))


def test_a_changed_shard_is_refused(folder, publish):
    """Its digest is not the one that names it."""
    digest = publish("/a")
    shard = shards(folder)[0]
    shard.write_bytes(shard.read_bytes() + b" ")
    error = refusal(Loader(folder))
    assert (True, digest, False) == ("does not have the digest" in str(error), error.digest, error.may_heal)


def test_a_missing_shard_may_come(folder, publish):
    """The index may have been replaced while it was read."""
    digest = publish("/a")
    shards(folder)[0].unlink()
    error = refusal(Loader(folder))
    assert (digest, True) == (error.digest, error.may_heal)


def test_a_missing_index_may_come(folder):
    """There is nothing to name."""
    error = refusal(Loader(folder))
    assert ("index.json can't be read: No such file or directory", "", True) == (
        str(error),
        error.digest,
        error.may_heal,
    )


def test_an_endless_file_is_not_read_to_its_end(folder, publish, monkeypatch):
    """Memory has a bound."""
    publish("/a")
    monkeypatch.setattr(module, "INDEX_BYTES_MAX", 10)
    assert "index.json is larger than 10 bytes" == str(refusal(Loader(folder)))


def test_a_device_is_not_read(folder, publish):
    """It may have no end."""
    publish("/a")
    (folder / "index.json").unlink()
    (folder / "index.json").symlink_to("/dev/zero")
    assert "index.json can't be read: it is a device, and only regular files are read" == str(refusal(Loader(folder)))


def test_a_table_that_can_not_be_built_is_a_refusal_without_its_text(folder, publish, monkeypatch):
    """The text may quote a key."""
    digest = publish("/a")

    def fail(*_, **__):
        raise RuntimeError("secret")

    monkeypatch.setattr(module, "diff_snapshot", fail)
    error = refusal(Loader(folder))
    assert ("no table can be built: RuntimeError", digest) == (str(error), error.digest)


@pytest.mark.parametrize("what", ["index", "shard", "table"])
def test_a_refusal_leaves_everything_as_it_was(folder, publish, what):
    """The next snapshot is made of the table in force."""
    loader = Loader(folder)
    publish("/a", "/b")
    before = loader.load(None)
    held = (before.routes, before.hosts, dict(loader._shards))
    spoil(folder, publish, what)
    with pytest.raises(SnapshotError):
        loader.load(before)
    assert held == (before.routes, before.hosts, loader._shards)
    publish("/a", "/c")
    after = loader.load(before)
    assert before.entries["backends"] is after.entries["backends"]
    assert (1, 0) == tuple(len(after.hosts.find("h").exact.get(path, ())) for path in ("/c", "/b"))


def spoil(folder, publish, what):
    """Publish another snapshot, of which this is wrong."""
    if what == "table":
        [route] = open_routes("/x")
        publish_into(folder, Snapshot(gateway="default", routes=(replace(route, policy="lost"),)))
        return
    known = shards(folder)
    publish("/x", "/y", "/z")
    if what == "index":
        (folder / "index.json").write_bytes(b"{}")
    for shard in set(shards(folder)) - set(known):
        shard.write_bytes(b"[]")
