"""Damaged snapshots: an index or shard is the one that was published, or refused with the codec's own error."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..damage import damaged
from ..doors import CodecError, decode_index, decode_shard, encode_snapshot, manifests

PEOPLE = (manifests.consumer(), manifests.credential(), manifests.secret())
SPLICES = [b"{", b"}", b"[", b'"', b",", b"null", b"1e400", b"\xff", b"\\ud800", b"[" * 2000, b"0"]


@contextmanager
def opened() -> Iterator[Any]:
    compiled = manifests.compiled(manifests.service(), manifests.route(auth={"jwt": {}}), *PEOPLE)
    yield encode_snapshot(compiled.snapshot)


def once(chance: random.Random, encoded: Any) -> str:
    shard = chance.choice(decode_index(encoded.index).shards)
    content = encoded.shards[shard.digest].content
    is_index = chance.random() < 0.5
    broken = damaged(chance, [encoded.index if is_index else content], SPLICES)
    try:
        if is_index:
            decode_index(broken)
            return "an index"
        decode_shard(shard, broken)
    except CodecError:
        return "refused"
    assert broken == content, broken
    return "unchanged"
