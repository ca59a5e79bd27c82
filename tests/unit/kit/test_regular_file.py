"""Only regular files are read, and nothing else is waited for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from postern_kit.regular_file import open_regular, read_regular


def test_a_regular_file_is_read(tmp_path):
    """All of it."""
    (tmp_path / "a").write_bytes(b"content")
    assert b"content" == read_regular(tmp_path / "a")


def test_links_are_followed(tmp_path):
    """As a mounted ConfigMap has them: a link to a folder of links to a folder with a time in its name."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026/a").write_bytes(b"content")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a").symlink_to("..data/a")
    assert b"content" == read_regular(tmp_path / "a")


@pytest.mark.parametrize("is_linked", [False, True])
@pytest.mark.parametrize("kind", ["FIFO", "device", "socket", "directory"])
def test_what_is_no_regular_file_is_refused(kind, is_linked, tmp_path):
    """At once, in words that say what it is; a link to it too."""
    path = tmp_path / "a"
    make(kind, path)
    if is_linked:
        (tmp_path / "b").symlink_to(path)
        path = tmp_path / "b"
    with pytest.raises(OSError, match=f"(?i:is a {kind})") as found:
        open_regular(path)
    assert str(path) == found.value.filename


def make(kind, path):
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")  # the tests may have no right to make one
        case "socket":
            with socket.socket(socket.AF_UNIX) as it:
                it.bind(os.path.relpath(path))  # a name of a socket is short
        case "directory":
            path.mkdir()


def test_a_file_that_becomes_a_fifo_is_refused(tmp_path, monkeypatch):
    """What is opened is looked at as well."""
    (tmp_path / "a").touch()
    os.mkfifo(tmp_path / "b")
    status = (tmp_path / "a").stat()
    monkeypatch.setattr(Path, "stat", lambda _self: status)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="is a FIFO"):
        open_regular(tmp_path / "b")
    assert before == len(list(Path("/proc/self/fd").iterdir()))


def test_what_is_not_there_is_said_as_ever(tmp_path):
    """By the error that any other reader raises."""
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "a")
