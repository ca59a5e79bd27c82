"""Whether a file has changed."""

from __future__ import annotations

from postern_kit.file_stamp import stamp_of


def test_a_stamp_changes_with_the_file(tmp_path):
    """Another size, another file and no file have different stamps; an untouched file keeps its own."""
    path = tmp_path / "a"
    assert stamp_of(path) is None
    path.write_text("one")
    first = stamp_of(path)
    assert first == stamp_of(path)
    path.write_text("three")
    assert first != stamp_of(path)
