"""From bytes on disk to a table, or to a reason why not."""

from __future__ import annotations

import pytest

from postern_dataplane.config import load as module
from postern_dataplane.config.load import Loader
from postern_dataplane.errors import SnapshotError


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


def test_what_is_loaded_already_is_not_loaded_again(folder, publish):
    """The same index is the same table."""
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
    loader = Loader(folder)
    for paths in (["/a"], ["/b"]):
        publish(*paths)
        loader.load(None)
    assert 3 == len(loader._decoded)


@pytest.mark.parametrize(("content", "said"), [(b"{}", "can't be decoded"), (b"\xff", "can't be decoded")])
def test_a_bad_index_is_refused(folder, publish, content, said):
    """And won't get better by itself."""
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


def test_a_table_that_can_not_be_built_is_a_refusal_without_its_text(folder, publish, monkeypatch):
    """The text may quote a key."""
    digest = publish("/a")

    def fail(*_, **__):
        raise RuntimeError("secret")

    monkeypatch.setattr(module, "build_table", fail)
    error = refusal(Loader(folder))
    assert ("no table can be built: RuntimeError", digest) == (str(error), error.digest)


def test_a_refusal_leaves_the_loader_as_it_was(folder, publish):
    """The next snapshot loads."""
    loader = Loader(folder)
    publish("/a")
    index = (folder / "index.json").read_bytes()
    (folder / "index.json").write_bytes(b"{}")
    refusal(loader)
    (folder / "index.json").write_bytes(index)
    assert 1 == loader.load(None).routes
