"""Whether a file has changed, by what the file system knows of it."""

from __future__ import annotations

import os
from pathlib import Path

# Device, inode, size in bytes, time of the last change in nanoseconds.
FileStamp = tuple[int, int, int, int]


def stamp_of(path: Path) -> FileStamp | None:
    """Return what changes with a file's content, links followed; None where there is no file."""
    try:
        return stamp_of_status(path.stat())
    except OSError:
        return None


def stamp_of_status(status: os.stat_result) -> FileStamp:
    """Return the stamp of a file that was looked at already."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
