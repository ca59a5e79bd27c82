"""What a status says of a snapshot that can't be published: why, and which objects that concerns.

Pure.  When it is said belongs in `gateway_rollout`, of which objects in `status_sync`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from postern_core.codec import SECTIONS
from postern_core.link.withholding import Refused
from postern_core.snapshot import Snapshot
from postern_operator.cluster.errors import ClusterError, RefusedError

from .published_objects import key_of

# Beyond this many the oldest are forgotten, and tried again.
REFUSED_MAX = 10_000


def is_lasting(error: ClusterError) -> bool:
    """Whether the same publication would fail again, until something else changes."""
    return isinstance(error, RefusedError) and error.is_lasting


def in_words(error: ClusterError) -> str:
    """Why nothing was published, the same at each attempt; without names, for those of shards are digests of keys."""
    if not isinstance(error, RefusedError):
        return "the API server does not answer"
    shard = error.shard
    part = f"a {key_of(shard).kind} of {shard.section}" if shard else "it"
    return f"the API server refuses {part}: {error.status} {error.reason}".rstrip()


def with_refused(known: Refused, section: str, entries: Iterable[Any]) -> Refused:
    """What was refused, and now these entries too; of an id the last two count, its own entry and its place."""
    found = {key: tuple(before) for key, before in known.items()}
    for entry in entries:
        key = (section, entry.id)
        found[key] = (*found.pop(key, ())[-1:], entry)
    return dict(list(found.items())[-REFUSED_MAX:])


def changed_ids(before: Snapshot, now: Snapshot) -> frozenset[str]:
    """The ids of all entries that have come or become others."""
    changed: set[str] = set()
    for section in SECTIONS:
        known = {entry.id: entry for entry in getattr(before, section)}
        for entry in getattr(now, section):
            other = known.get(entry.id)
            if other is not entry and other != entry:
                changed.add(entry.id)
    return frozenset(changed)
