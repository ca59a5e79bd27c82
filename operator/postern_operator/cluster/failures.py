"""What is told when a snapshot can't be published: why, in words fit for a status, and which objects it concerns.

Pure.  When it is told belongs in `fleet`, to whom in `telling`.
"""

from __future__ import annotations

from postern_core.codec import SECTIONS
from postern_core.snapshot import Snapshot

from .errors import ClusterError, RefusedError


def is_lasting(error: ClusterError) -> bool:
    """Whether the same publication would fail again, until something else changes."""
    return isinstance(error, RefusedError) and error.is_lasting


def in_words(error: ClusterError) -> str:
    """Why nothing was published, the same at each attempt; without names, for those of shards are digests of keys."""
    if not isinstance(error, RefusedError):
        return "the API server does not answer"
    return f"the API server refuses {error.part or 'it'}: {error.status} {error.reason}".rstrip()


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
