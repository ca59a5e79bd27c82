"""Files that are replaced as a whole, so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def replace_file(path: Path, content: bytes, *, mode: int = 0o600, is_durable: bool = False) -> None:
    """Write a file that is there whole or not at all; raises OSError, and then leaves nothing behind.

    A file has one writer at a time: what a killed one has left half written is overwritten by the next.
    The file never has more rights than `mode`, from its first byte on.  A durable one is on the disk before it takes
    its name, so that a power cut can't leave an empty file.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        # On a full volume, half a file would keep the space that the next attempt needs.
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
