"""Files that are replaced as a whole."""

from __future__ import annotations

import stat

import pytest

from postern_kit.atomic_file import replace_file


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


def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch):
    """When the volume is full, the old file stays and no part of the new one does."""

    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "a"
    path.write_text("before")
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"after")
    assert ("before", ["a"]) == (path.read_text(), names_in(tmp_path))
