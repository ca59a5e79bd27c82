"""The fetched keys of local mode, a file for each source in the state folder, so that they outlive a restart.

Only their owner can read and write them: what is in them verifies tokens.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from postern_kit.atomic_file import replace_file
from postern_kit.regular_file import read_regular
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.kept import decode_kept, encode_kept
from postern_operator.issuer_keys.source import KeySource

FOLDER = "jwks"


class JwksFiles:
    """A `KeyStore` in a state folder; without that folder's help, keys last as long as the process."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER

    async def read(self, source: KeySource) -> FetchedKeys | None:
        """Return what was kept last, None where nothing can be read."""
        return await asyncio.to_thread(self._read, self._path(source))

    async def keep(self, source: KeySource, keys: FetchedKeys) -> None:
        """Keep this instead, where that is possible."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._write, self._path(source), encode_kept(keys))

    async def drop(self, source: KeySource) -> None:
        """Remove the file of a source."""
        with contextlib.suppress(OSError):
            self._path(source).unlink(missing_ok=True)

    def _path(self, source: KeySource) -> Path:
        return self._folder / f"{source.id}.json"

    @staticmethod
    def _read(path: Path) -> FetchedKeys | None:
        try:
            return decode_kept(read_regular(path))
        except OSError:
            return None

    def _write(self, path: Path, content: bytes) -> None:
        state = self._folder.parent
        state.mkdir(mode=0o700, exist_ok=True)
        replace_file(state / ".gitignore", b"*\n", is_durable=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, content, is_durable=True)
