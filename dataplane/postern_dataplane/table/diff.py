"""The entries of a snapshot by section and id, before and after a change, and of which ids they differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar

from postern_core.codec import SECTIONS, CodecError
from postern_core.snapshot import Backend, Consumer, Credential, Endpoints, Policy, Route
from postern_core.snapshot_certificates import Certificate
from postern_core.snapshot_issuers import TokenIssuer
from postern_core.snapshot_listeners import Listener
from postern_core.snapshot_responses import Responses

from .copy_on_write import with_changes, with_recomputed

E = TypeVar("E")

# By section and id.
Entries = Mapping[str, dict[str, Any]]
NO_ENTRIES: Entries = {name: {} for name in SECTIONS}


@dataclass(frozen=True, slots=True)
class SectionDiff(Generic[E]):
    """The entries of one section by id, or what is made of them: those before a change and those of now.

    `changed` are the ids whose entry has come, gone or become another; all others
    have the same object in both.
    """

    before: dict[str, E]
    now: dict[str, E]
    changed: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """All sections of a snapshot."""

    routes: SectionDiff[Route]
    backends: SectionDiff[Backend]
    endpoints: SectionDiff[Endpoints]
    policies: SectionDiff[Policy]
    consumers: SectionDiff[Consumer]
    credentials: SectionDiff[Credential]
    responses: SectionDiff[Responses]
    issuers: SectionDiff[TokenIssuer]
    certificates: SectionDiff[Certificate]
    listeners: SectionDiff[Listener]

    @property
    def entries(self) -> Entries:
        """Those of now."""
        return {name: getattr(self, name).now for name in SECTIONS}


def diff_snapshot(
    before: Entries, removed: Mapping[str, Collection[Any]], added: Mapping[str, Collection[Any]]
) -> SnapshotDiff:
    """The difference that these removed and added entries make, by section.

    An entry that is both removed and added, as the same object, is no change.  Raises `CodecError` where two entries
    would have one id.
    """
    return SnapshotDiff(
        **{name: _diff_section(name, before[name], removed.get(name, ()), added.get(name, ())) for name in SECTIONS}
    )


def _diff_section(
    name: str, before: dict[str, Any], removed: Collection[Any], added: Collection[Any]
) -> SectionDiff[Any]:
    old = {entry.id: entry for entry in removed}
    new = {entry.id: entry for entry in added}
    if len(new) < len(added) or any(id_ in before and id_ not in old for id_ in new):
        raise CodecError(f"an id comes twice in {name}")
    added_or_changed = {id_: entry for id_, entry in new.items() if old.get(id_) is not entry} if old else new
    removed_ids = [id_ for id_ in old if id_ not in new]
    return SectionDiff(
        before, with_changes(before, removed_ids, added_or_changed), ordered_ids(removed_ids, added_or_changed)
    )


def derive(before: dict[str, E], changed: AbstractSet[str], make: Callable[[str], E | None]) -> SectionDiff[E]:
    """What is made of entries: anew for the changed ids, and nothing where there is nothing to make it of."""
    return SectionDiff(before, with_recomputed(before, changed, make), changed)


def ordered_ids(*ids: Iterable[str]) -> AbstractSet[str]:
    """The ids in the order in which they come, so that what is made of them lies in memory as they do."""
    return dict.fromkeys(chain(*ids)).keys()
