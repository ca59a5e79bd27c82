"""The grants of local mode, kept in the state folder so that they outlive a restart.

What a grant is belongs in `postern_core.grants`.  Each gateway has a file of its
own, which only its owner can read.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from postern_core.grants import Grants
from postern_kit.atomic_file import replace_file
from postern_kit.regular_file import read_regular


class GrantsFile:
    """The grants of one gateway in one state folder; without that folder's help they last as long as the process."""

    def __init__(self, state: Path, gateway: str) -> None:
        self._path = state / f"grants-{gateway}.json"
        self._kept: Grants | None = None

    def read(self) -> Grants:
        """The grants that were kept last; none where none can be read."""
        try:
            self._kept = msgspec.json.decode(read_regular(self._path), type=Grants)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return Grants()
        return self._kept

    def keep(self, grants: Grants) -> None:
        """Keep these, where that is possible: a folder that can't be written to is served all the same."""
        if grants == (self._kept or Grants()):
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            replace_file(self._path.with_name(".gitignore"), b"*\n", is_durable=True)
            content = msgspec.json.encode(grants, order="deterministic") + b"\n"
            replace_file(self._path, content, is_durable=True)
        self._kept = grants
