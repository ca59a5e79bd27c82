"""Snapshots and their bytes: written as a publisher does, and put together as a reader does."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from postern_core.codec import SECTIONS, Encoded, decode_index, decode_shard, encode_snapshot
from postern_core.snapshot import Snapshot
from postern_kit.snapshot_dir import SnapshotDir


def publish_into(folder: Path, snapshot: Snapshot) -> str:
    """Write a snapshot as local mode does; returns its digest."""
    encoded = encode_snapshot(snapshot)
    SnapshotDir(folder).publish(encoded)
    return encoded.digest


def decoded(index: bytes, contents: Mapping[str, bytes]) -> Snapshot:
    """The snapshot of an index and of its shards' contents by digest."""
    named = decode_index(index)
    entries: dict[str, list[Any]] = {section: [] for section in SECTIONS}
    for shard in named.shards:
        entries[shard.section] += decode_shard(shard, contents[shard.digest])
    return Snapshot(
        gateway=named.gateway, **{name: tuple(sorted(found, key=attrgetter("id"))) for name, found in entries.items()}
    )


def decoded_again(encoded: Encoded) -> Snapshot:
    """The snapshot that was encoded."""
    return decoded(encoded.index, {digest: shard.content for digest, shard in encoded.shards.items()})
