"""Files that are replaced as a whole, so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path


def replace_file(path: Path, content: bytes, *, mode: int = 0o600, is_durable: bool = False) -> None:
    """Write a file that is there whole or not at all; raises OSError, and then leaves nothing behind.

    A file has one writer at a time: what a killed one has left half written is overwritten by the next.
    The file never has more rights than `mode`, from its first byte on.  A durable one is on the disk before it takes
    its name, so that a power cut can't leave an empty file.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    _replace(path, new, content, mode, is_durable=is_durable)


def replace_shared_file(path: Path, content: bytes) -> None:
    """As `replace_file`, for a file of the user's own: it keeps its mode, and others may write it at the same time.

    A new file gets the rights that the umask leaves to every new file.
    """
    try:
        kept: int | None = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        kept = None
    # A name of its own: else two writers could each give away what the other has half written.
    new = path.with_name(f".{secrets.token_hex(8)}.new")
    _replace(path, new, content, 0o666 if kept is None else 0o600, kept=kept)


def _replace(
    path: Path, new: Path, content: bytes, mode: int, *, kept: int | None = None, is_durable: bool = False
) -> None:
    """Write under another name first; `kept` is what the mode is then, whatever the umask is."""
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            if kept is not None:
                os.fchmod(file.fileno(), kept)
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
