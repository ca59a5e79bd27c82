"""Publishes snapshots into a folder, from which a data plane reads them.

A reader sees the old snapshot or the new one, and never half of either: shards
come before the index that names them, and go when no reader
can be using an index that names them.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from postern_core.codec import CodecError, Encoded, Shard, decode_index
from postern_core.publication import INDEX_FILE, SHARDS_FOLDER, digest_of_shard_file, shard_file
from postern_kit.atomic_file import replace_file
from postern_kit.regular_file import read_regular


class DirectoryPublisher:
    """The one writer of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards = folder / SHARDS_FOLDER
        self._named = self._named_by_index()

    def publish(self, encoded: Encoded) -> None:
        """Write the shards that aren't there, then the index; raises `OSError`."""
        for folder in (self._folder, self._shards):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        for shard in encoded.shards.values():
            self._write_shard(shard)
        replace_file(self._folder / INDEX_FILE, encoded.index, mode=0o644)
        before, self._named = self._named, frozenset(encoded.shards)
        self._remove_all_but(before | self._named)

    def _write_shard(self, shard: Shard) -> None:
        path = self._path(shard.digest)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size == len(shard.content):
                return
        replace_file(path, shard.content, mode=0o600 if shard.is_secret else 0o644)

    def _remove_all_but(self, named: frozenset[str]) -> None:
        """Remove shards that neither this index nor the one before names: a reader may still be at that."""
        for path in self._shards.iterdir():
            if digest_of_shard_file(path.name) not in named:
                path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._shards / shard_file(digest)

    def _named_by_index(self) -> frozenset[str]:
        """What an earlier writer's index names."""
        try:
            return frozenset(shard.digest for shard in decode_index(read_regular(self._folder / INDEX_FILE)).shards)
        except (OSError, CodecError):
            return frozenset()
