"""Files that are replaced as a whole."""

from __future__ import annotations

import os
import stat

import pytest

from postern_kit.atomic_file import replace_file, replace_shared_file


def names_in(folder):
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("is_durable", [False, True])
def test_a_file_is_replaced_with_its_mode(tmp_path, is_durable):
    """The new content is there with exactly the rights that were asked for, and no other file is left."""
    path = tmp_path / "a"
    path.write_text("before")
    replace_file(path, b"after", mode=0o640, is_durable=is_durable)
    assert (b"after", 0o640) == (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
    assert ["a"] == names_in(tmp_path)


@pytest.mark.parametrize("replace", [replace_file, replace_shared_file])
def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch, replace):
    """When the volume is full, the old file stays and no part of the new one does."""

    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "a"
    path.write_text("before")
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="No space"):
        replace(path, b"after")
    assert ("before", ["a"]) == (path.read_text(), names_in(tmp_path))


def test_a_shared_file_keeps_its_mode(tmp_path):
    """The umask takes rights from a new file only."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("before")
    old.chmod(0o666)
    before = os.umask(0o077)
    try:
        for path in (old, new):
            replace_shared_file(path, b"after")
    finally:
        os.umask(before)
    assert [0o666, 0o600] == [stat.S_IMODE(path.stat().st_mode) for path in (old, new)]
    assert [b"after", b"after"] == [path.read_bytes() for path in (old, new)]


def test_writers_of_a_shared_file_do_not_meet(tmp_path, monkeypatch):
    """Each writes under a name of its own, and what is put in place is whole."""
    path, names = tmp_path / "a", []
    monkeypatch.setattr("pathlib.Path.replace", lambda new, _: names.append(new.name))
    for content in (b"1", b"2"):
        replace_shared_file(path, content)
    assert (2, sorted(names)) == (len(set(names)), sorted(names_in(tmp_path)))
