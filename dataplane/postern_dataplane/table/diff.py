"""The entries of a snapshot by section and id, before and after a change, and of which ids they differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar

from postern_core.codec import SECTIONS, CodecError
from postern_core.snapshot import Backend, Consumer, Credential, Endpoints, Policy, Route

from .copy_on_write import patched, remade

E = TypeVar("E")

# By section and id.
Entries = Mapping[str, dict[str, Any]]
NO_ENTRIES: Entries = {name: {} for name in SECTIONS}


@dataclass(frozen=True, slots=True)
class Section(Generic[E]):
    """The entries of one section by id, or what is made of them: those before a change and those of now.

    `changed` are the ids whose entry has come, gone or become another; all others
    have the same object in both.
    """

    before: dict[str, E]
    now: dict[str, E]
    changed: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Sections:
    """All sections of a snapshot."""

    routes: Section[Route]
    backends: Section[Backend]
    endpoints: Section[Endpoints]
    policies: Section[Policy]
    consumers: Section[Consumer]
    credentials: Section[Credential]

    @property
    def entries(self) -> Entries:
        """Those of now."""
        return {name: getattr(self, name).now for name in SECTIONS}


def change(before: Entries, left: Mapping[str, Collection[Any]], come: Mapping[str, Collection[Any]]) -> Sections:
    """What becomes of entries of which these leave, and to which these come, by section.

    One that leaves and comes as the same object is no change, so whoever gives these may be generous.  Raises
    `CodecError` where two entries would have one id.
    """
    return Sections(**{name: _change(name, before[name], left.get(name, ()), come.get(name, ())) for name in SECTIONS})


def _change(name: str, before: dict[str, Any], left: Collection[Any], come: Collection[Any]) -> Section[Any]:
    old = {entry.id: entry for entry in left}
    new = {entry.id: entry for entry in come}
    if len(new) < len(come) or any(id_ in before and id_ not in old for id_ in new):
        raise CodecError(f"an id comes twice in {name}")
    other = {id_: entry for id_, entry in new.items() if old.get(id_) is not entry} if old else new
    gone = [id_ for id_ in old if id_ not in new]
    return Section(before, patched(before, gone, other), in_order(gone, other))


def derived(before: dict[str, E], changed: AbstractSet[str], make: Callable[[str], E | None]) -> Section[E]:
    """What is made of entries: anew for the changed ids, and nothing where there is nothing to make it of."""
    return Section(before, remade(before, changed, make), changed)


def in_order(*ids: Iterable[str]) -> AbstractSet[str]:
    """The ids in the order in which they come, so that what is made of them lies in memory as they do."""
    return dict.fromkeys(chain(*ids)).keys()
