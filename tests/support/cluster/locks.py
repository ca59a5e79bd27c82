"""Locks between processes, which the kernel takes from whoever dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, *, is_shared: bool = False, is_patient: bool = True) -> Iterator[None]:
    """Hold a lock on a file, which is made if need be; shared ones go together.

    Raises BlockingIOError where somebody holds it and this one is not patient.
    """
    how = (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | (0 if is_patient else fcntl.LOCK_NB)
    while True:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("w") as file:
            fcntl.flock(file, how)
            # Whoever held it last may have removed the file, and then this lock keeps nobody out.
            if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
                yield
                return
