"""The folder that the proxy reads: whole generations, the index last, for its owner alone.

A reader finds the old generation or the new one, and never half of either.
Nothing is forced to disk (fsync).  In a pod the folder is memory, which ends
with the pod; elsewhere a file that a crash has cut short is found by its
digest at the next start, and written again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from postern_core.codec import CodecError, Encoded, Index, ShardRef, decode_index, decode_shard
from postern_core.publication import INDEX_FILE, SHARDS_FOLDER, digest_of_shard_file, shard_file

from .atomic_file import replace_file
from .regular_file import read_regular


class SnapshotDir:
    """The one writer of a folder; not for two threads at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shards = path / SHARDS_FOLDER
        self._verified: set[tuple[str, str]] = set()
        self._before: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Make the folder, for this user alone; raises `OSError`."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._shards.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.path, self._shards):
            folder.chmod(0o700)

    def publish(self, encoded: Encoded) -> None:
        """Write a whole generation; raises `OSError`."""
        self.prepare()
        index = decode_index(encoded.index)
        for shard in self.missing(index):
            self._write(shard, encoded.shards[shard.digest].content)
        self.swap(encoded.index, index)

    def index(self) -> tuple[bytes, Index] | None:
        """The index on disk, None when there is none that this version can read."""
        try:
            content = read_regular(self.path / INDEX_FILE)
            return content, decode_index(content)
        except (OSError, CodecError):
            return None

    def missing(self, index: Index) -> tuple[ShardRef, ...]:
        """The shards that are not on disk, each once; one that was not written by this process is verified first."""
        missing = {shard.digest: shard for shard in index.shards if not self._holds(shard)}
        return tuple(missing.values())

    def _holds(self, shard: ShardRef) -> bool:
        path = self._path_of(shard)
        if (shard.section, shard.digest) in self._verified:
            return path.exists()
        try:
            decode_shard(shard, read_regular(path))
        except (OSError, CodecError):
            return False
        self._verified.add((shard.section, shard.digest))
        return True

    def write_shard(self, shard: ShardRef, content: bytes) -> None:
        """Verify a shard and write it; raises `CodecError` before anything is written, and `OSError`."""
        decode_shard(shard, content)
        self._write(shard, content)

    def _write(self, shard: ShardRef, content: bytes) -> None:
        replace_file(self._path_of(shard), content)
        self._verified.add((shard.section, shard.digest))

    def swap(self, content: bytes, index: Index) -> None:
        """Make this the index, when all its shards are there; raises `OSError`."""
        on_disk = self.index()
        if on_disk is None or on_disk[0] != content:
            replace_file(self.path / INDEX_FILE, content)
            self._before = _named(on_disk[1].shards) if on_disk else frozenset()
        self.tidy(index)

    def tidy(self, wanted: Index) -> None:
        """Remove shards that neither this index names, nor the one on disk, nor the one before.

        A proxy may be reading by one of those.  Without an index on disk that can be read, nothing is removed: a proxy
        may understand it.
        """
        on_disk = self.index()
        if on_disk is None:
            return
        kept = _named(wanted.shards) | _named(on_disk[1].shards) | self._before
        for path in self._shards.iterdir():
            if digest_of_shard_file(path.name) not in kept:
                path.unlink(missing_ok=True)
        self._verified = {one for one in self._verified if one[1] in kept}

    def _path_of(self, shard: ShardRef) -> Path:
        return self._shards / shard_file(shard.digest)


def _named(shards: Iterable[ShardRef]) -> frozenset[str]:
    return frozenset(shard.digest for shard in shards)
