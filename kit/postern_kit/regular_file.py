"""Files that are read only where they are regular ones: a FIFO waits for its writer, and a device may never end.

Links are followed, as the files of a mounted ConfigMap or Secret are links.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFIFO: "is a FIFO",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
    stat.S_IFSOCK: "is a socket",
}


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; raises OSError, also for what is no regular file, and waits for nothing."""
    _refuse_others(path.stat(), path)  # before it is opened: opening some devices does something
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _refuse_others(os.fstat(opened), path)  # for it may have been replaced in between
    except OSError:
        os.close(opened)
        raise
    return os.fdopen(opened, "rb")


def read_regular(path: Path) -> bytes:
    """All of a file; raises OSError as `open_regular` does."""
    with open_regular(path) as file:
        return file.read()


def _refuse_others(status: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        what = _KINDS.get(stat.S_IFMT(status.st_mode), "is something else")
        raise OSError(errno.EINVAL, f"it {what}, and only regular files are read", str(path))
