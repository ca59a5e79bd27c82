"""Reads a snapshot from disk into a table, and decodes only what is new.

A thread's work: nothing here touches the event loop.  Whether a table comes
into force is decided in `reload`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from postern_core import codec
from postern_core.snapshot import Entry
from postern_dataplane.errors import SnapshotError

from .source import INDEX
from .table import Table, build_table

# An index has a hundred bytes a shard and 6,000 shards at most; a shard that came through Kubernetes has 1 MiB at most.
INDEX_BYTES_MAX = 4 * 2**20
SHARD_BYTES_MAX = 256 * 2**20


class Loader:
    """Loads the snapshots of one folder, one after the other; not for two threads at once."""

    def __init__(self, folder: Path, trusted_proxies: Iterable[str] = ()) -> None:
        self._folder = folder
        self._trusted_proxies = tuple(trusted_proxies)
        self._decoded: dict[str, tuple[Entry, ...]] = {}

    def load(self, previous: Table | None) -> Table:
        """Load what is on disk now: `previous` itself where that is what it holds already.

        Raises `SnapshotError`, after which the same loader can try again.
        """
        content = self._read(INDEX, INDEX_BYTES_MAX)
        digest = hashlib.sha256(content).hexdigest()
        if previous is not None and previous.digest == digest:
            return previous
        try:
            return self._build(content, digest)
        except codec.CodecError as error:
            raise SnapshotError(str(error), digest=digest) from None
        except SnapshotError as error:
            raise SnapshotError(str(error), digest=digest, may_heal=error.may_heal) from None
        except Exception as error:  # noqa: BLE001 # whatever is wrong with it, a bad snapshot never replaces a good one
            # Only the type: the message may quote a key.
            raise SnapshotError(f"no table can be built: {type(error).__name__}", digest=digest) from None

    def _build(self, content: bytes, digest: str) -> Table:
        index = codec.decode_index(content)
        decoded = {shard.digest: self._shard(shard) for shard in index.shards}
        snapshot = codec.assemble(index, decoded)
        table = build_table(snapshot, digest, trusted_proxies=self._trusted_proxies)
        self._decoded = decoded
        return table

    def _shard(self, shard: codec.ShardRef) -> tuple[Entry, ...]:
        known = self._decoded.get(shard.digest)
        if known is not None:
            return known
        return codec.decode_shard(shard, self._read(f"shards/{shard.digest}.json", SHARD_BYTES_MAX))

    def _read(self, name: str, bytes_max: int) -> bytes:
        try:
            with (self._folder / name).open("rb") as file:
                content = file.read(bytes_max + 1)
        except OSError as error:
            raise SnapshotError(f"{name} can't be read: {error.strerror}", may_heal=True) from error
        if len(content) > bytes_max:
            raise SnapshotError(f"{name} is larger than {bytes_max} bytes")
        return content
