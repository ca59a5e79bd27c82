"""Reads a snapshot from disk into a table: decodes the shards that are new, and makes of the last table the next one.

A thread's work: nothing here touches the event loop.  Whether a table comes
into force is decided in `reloader`.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from postern_core import codec
from postern_core.publication import INDEX_FILE, SHARDS_FOLDER, shard_file
from postern_dataplane.errors import SnapshotError
from postern_dataplane.table.copy_on_write import with_changes
from postern_dataplane.table.diff import diff_snapshot
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.table.table_settings import DEFAULTS, TableSettings
from postern_kit.regular_file import open_regular

# An index has a hundred bytes a shard and 6,000 shards at most; a shard that came through Kubernetes has 1 MiB at most.
INDEX_BYTES_MAX = 4 * 2**20
SHARD_BYTES_MAX = 256 * 2**20

# Their entries, by section and digest.
Shards = dict[tuple[str, str], tuple[Any, ...]]


class Loader:
    """Loads the snapshots of one folder, one after the other; not for two threads at once."""

    def __init__(self, folder: Path, settings: TableSettings = DEFAULTS) -> None:
        self._folder = folder
        # The last table, and the shards that it was made of, with the very entries that it has.
        self._table = RoutingTable(settings)
        self._shards: Shards = {}

    def load(self, previous: RoutingTable | None) -> RoutingTable:
        """Load what is on disk now: `previous` itself where that is what it holds already.

        Raises `SnapshotError`, after which the same loader can try again.
        """
        content = self._read(INDEX_FILE, INDEX_BYTES_MAX)
        digest = hashlib.sha256(content).hexdigest()
        if previous is not None and previous.digest == digest:
            return previous
        try:
            return self._make(content, digest)
        except codec.CodecError as error:
            raise SnapshotError(str(error), digest=digest) from None
        except SnapshotError as error:
            raise SnapshotError(str(error), digest=digest, may_heal=error.may_heal) from None
        except Exception as error:  # noqa: BLE001 # whatever is wrong with it, a bad snapshot never replaces a good one
            # Only the type: the message may quote a key.
            raise SnapshotError(f"no table can be built: {type(error).__name__}", digest=digest) from None

    def _make(self, content: bytes, digest: str) -> RoutingTable:
        known = self._shards
        index = codec.decode_index(content)
        named = {(shard.section, shard.digest): shard for shard in index.shards}
        if len(named) < len(index.shards):
            raise codec.CodecError("a shard comes twice in the index")
        removed = {key: known[key] for key in known.keys() - named.keys()}
        added = self._decode([named[key] for key in named.keys() - known.keys()], removed)
        diff = diff_snapshot(self._table.entries, _by_section(removed), _by_section(added))
        table = self._table.with_changes(diff, gateway=index.gateway, digest=digest, pods=index.pods)
        self._table, self._shards = table, with_changes(known, removed, added)
        return table

    def _decode(self, shards: Iterable[codec.ShardRef], removed: Shards) -> Shards:
        """Read shards; an entry that is as it was in one that has left is the object that it was."""
        old = {(section, entry.id): entry for (section, _), entries in removed.items() for entry in entries}
        decoded: Shards = {}
        for shard in shards:
            section, digest = shard.section, shard.digest
            content = self._read(f"{SHARDS_FOLDER}/{shard_file(digest)}", SHARD_BYTES_MAX)
            entries: tuple[Any, ...] = codec.decode_shard(shard, content)
            if old:
                entries = tuple(_same(old.get((section, entry.id)), entry) for entry in entries)
            decoded[section, digest] = entries
        return decoded

    def _read(self, name: str, bytes_max: int) -> bytes:
        try:
            with open_regular(self._folder / name) as file:
                # Room is made for all that is asked for: so ask for what is there, and a byte more than there may be.
                size = min(os.fstat(file.fileno()).st_size, bytes_max)
                content = file.read(size + 1)
        except OSError as error:
            raise SnapshotError(f"{name} can't be read: {error.strerror}", may_heal=True) from error
        if len(content) > bytes_max:
            raise SnapshotError(f"{name} is larger than {bytes_max} bytes")
        return content


def _same(old: Any, new: Any) -> Any:
    return old if old == new else new


def _by_section(shards: Shards) -> dict[str, list[Any]]:
    entries: dict[str, list[Any]] = defaultdict(list)
    for (section, _), some in shards.items():
        entries[section] += some
    return entries
