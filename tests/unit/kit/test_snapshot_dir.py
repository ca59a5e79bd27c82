"""The folder that the proxy reads."""

from __future__ import annotations

import pytest

from generations import generation_of
from postern_core.codec import CodecError, decode_index
from postern_kit.snapshot_dir import SnapshotDir

FIRST, SECOND, THIRD = (generation_of(path) for path in ("/a", "/b", "/c"))


@pytest.fixture
def folder(tmp_path):
    """A folder that is ready to be written."""
    folder = SnapshotDir(tmp_path / "snapshot")
    folder.prepare()
    return folder


def write(folder, generation):
    """Write a generation as the sidecar does."""
    index = decode_index(generation.index)
    for shard in folder.missing(index):
        folder.write_shard(shard, generation.shards[shard.digest])
    folder.swap(generation.index, index)


def missing(folder, generation):
    return [shard.digest for shard in folder.missing(decode_index(generation.index))]


def shards_in(folder):
    return {path.stem for path in (folder.path / "shards").iterdir()}


def test_what_was_written_is_there(folder):
    """The index, and all of its shards."""
    write(folder, FIRST)
    assert (FIRST.index, []) == (folder.index()[0], missing(folder, FIRST))


def test_nobody_else_may_read_it(folder):
    """Files are 0600 and folders 0700, whatever they were before."""
    write(folder, FIRST)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [folder.path, *folder.path.rglob("*")]}
    files = {"index.json": 0o600, **{f"{digest}.json": 0o600 for digest in FIRST.shards}}
    assert {folder.path.name: 0o700, "shards": 0o700, **files} == modes


def test_a_folder_that_was_open_is_closed(tmp_path):
    """Somebody may have made it before."""
    tmp_path.chmod(0o755)
    SnapshotDir(tmp_path).prepare()
    assert 0o700 == tmp_path.stat().st_mode & 0o777


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    """A file in the place of a folder is an error of the system."""
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        SnapshotDir(tmp_path / "file/folder").prepare()


def test_only_what_changed_is_missing(folder):
    """One route is one shard."""
    write(folder, FIRST)
    assert [SECOND.digest_of("routes")] == missing(folder, SECOND)


def test_a_shard_is_verified_before_it_is_written(folder):
    """Nothing becomes visible."""
    [shard] = [one for one in decode_index(FIRST.index).shards if one.section == "routes"]
    with pytest.raises(CodecError, match="does not have the digest"):
        folder.write_shard(shard, b"[]")
    assert set() == shards_in(folder)


@pytest.mark.parametrize("content", [b"", b"[]"])
def test_what_an_earlier_process_left_is_verified(folder, content):
    """A file that was cut short is missing."""
    write(folder, FIRST)
    digest = FIRST.digest_of("routes")
    (folder.path / f"shards/{digest}.json").write_bytes(content)
    assert [digest] == missing(SnapshotDir(folder.path), FIRST)


def test_a_shard_that_somebody_removed_is_missing(folder):
    """A shard that was removed is missing, also for the process that wrote it."""
    write(folder, FIRST)
    digest = FIRST.digest_of("routes")
    (folder.path / f"shards/{digest}.json").unlink()
    assert [digest] == missing(folder, FIRST)


def test_shards_of_the_generation_before_stay(folder):
    """A proxy may be reading by it; older ones go."""
    for generation in (FIRST, SECOND, THIRD):
        write(folder, generation)
    assert shards_in(folder) == {*SECOND.shards, *THIRD.shards}


def test_the_same_index_is_not_written_again(folder):
    """The proxy has nothing to do, and what was before stays before."""
    for generation in (FIRST, SECOND):
        write(folder, generation)
    before = (folder.path / "index.json").stat()
    write(folder, SECOND)
    assert before.st_ino == (folder.path / "index.json").stat().st_ino
    assert shards_in(folder) == {*FIRST.shards, *SECOND.shards}


def test_what_failed_does_not_pile_up(folder):
    """Shards of a generation that was never completed go when another is begun, and half-written files too."""
    write(folder, FIRST)
    [shard] = folder.missing(decode_index(SECOND.index))
    folder.write_shard(shard, SECOND.shards[shard.digest])
    (folder.path / f"shards/{THIRD.digest_of('routes')}.json.new").touch()
    folder.tidy(decode_index(THIRD.index))
    assert shards_in(folder) == set(FIRST.shards)


def test_nothing_goes_while_the_index_can_not_be_read(folder):
    """It may be one of another version, which the proxy understands."""
    write(folder, FIRST)
    (folder.path / "index.json").write_bytes(b"{}")
    folder.tidy(decode_index(SECOND.index))
    assert (None, set(FIRST.shards)) == (folder.index(), shards_in(folder))


def test_a_full_disk_leaves_no_half_file(folder, monkeypatch):
    """It would keep the place that is lacking."""

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        folder.swap(FIRST.index, decode_index(FIRST.index))
    assert ["shards"] == [path.name for path in folder.path.iterdir()]


def test_a_whole_generation_is_published_at_once(tmp_path):
    """The folder, its shards and the index are written, and shards of the generation before stay."""
    folder = SnapshotDir(tmp_path / "out")
    folder.publish(FIRST.encoded)
    folder.publish(SECOND.encoded)
    assert SECOND.index == (folder.path / "index.json").read_bytes()
    assert {*FIRST.shards, *SECOND.shards} == shards_in(folder)
    assert SECOND.shards.items() <= {path.stem: path.read_bytes() for path in folder.path.glob("shards/*")}.items()


def test_a_shard_that_is_there_is_not_written_again(folder):
    """One changed route rewrites one shard."""
    folder.publish(FIRST.encoded)
    common = FIRST.shards.keys() & SECOND.shards.keys()
    inodes = {digest: (folder.path / f"shards/{digest}.json").stat().st_ino for digest in common}
    folder.publish(SECOND.encoded)
    assert common
    assert inodes == {digest: (folder.path / f"shards/{digest}.json").stat().st_ino for digest in common}


def test_another_writer_knows_what_the_one_before_left(folder):
    """After a restart a reader may still be at the last index, so its shards stay."""
    folder.publish(FIRST.encoded)
    SnapshotDir(folder.path).publish(SECOND.encoded)
    assert {*FIRST.shards, *SECOND.shards} == shards_in(folder)


def test_what_a_killed_writer_left_half_written_is_replaced(folder):
    """The half of a file is overwritten or removed by the next writer."""
    folder.publish(FIRST.encoded)
    digest = FIRST.digest_of("routes")
    for name in (f"shards/{digest}.json", f"shards/.{digest}.json.new", ".index.json.new"):
        (folder.path / name).write_bytes(b"")
    writer = SnapshotDir(folder.path)
    writer.publish(FIRST.encoded)
    writer.publish(SECOND.encoded)
    assert FIRST.shards[digest] == (folder.path / f"shards/{digest}.json").read_bytes()
    assert [] == list(folder.path.rglob(".*.new"))


def test_the_shards_of_a_broken_index_go(folder):
    """Shards that no readable index names are removed with the next generation."""
    folder.publish(FIRST.encoded)
    (folder.path / "index.json").write_bytes(b"{")
    SnapshotDir(folder.path).publish(SECOND.encoded)
    assert set(SECOND.shards) == shards_in(folder)
