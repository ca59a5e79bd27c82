"""The keys of one credential together: an id names one of them, and there are not too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from postern_core.algorithms import KEYS_TRIED_MAX
from postern_core.problems import Reason
from postern_core.resources.jwt_credential import CredentialKeySpec
from postern_core.snapshot import Key

from .public_keys import Material
from .references import Missing
from .sizes import KEYS_MAX

SHADOWED = "a key before it has the kid of one that is here, which is passed over; leave one of the two out"
TOO_MANY = f"with it the credential would have more than {KEYS_MAX} keys; leave out those that sign no longer"
UNNAMED = (
    f"more than {KEYS_TRIED_MAX} keys have no id, so a token whose kid names no other key is refused; give them ids"
)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys in force, in order; `notes` are the mistakes and warnings, each with the place of its entry."""

    keys: tuple[Key, ...]
    passed_over: int
    notes: tuple[tuple[int, Missing], ...]


def key_ring(entries: Sequence[tuple[int, CredentialKeySpec, Material]]) -> KeyRing:
    """Put the keys of all entries together, each with its place in `keys`; of two with one id the first counts."""
    keys: dict[Key, None] = {}
    by_id: dict[str, str] = {}
    passed_over = 0
    notes: list[tuple[int, Missing]] = []
    for place, entry, material in entries:
        notes += [(place, Missing(Reason.WARNING, warning)) for warning in material.warnings]
        fresh = [key for key in material.keys if key.id is None or by_id.get(key.id, key.material) == key.material]
        if len(fresh) < len(material.keys):
            notes.append((place, Missing(Reason.WARNING, SHADOWED)))
        not_after = entry.not_after.timestamp() if entry.not_after else None
        both = keys | dict.fromkeys(msgspec.structs.replace(key, not_after=not_after) for key in fresh)
        if len(both) > KEYS_MAX:
            notes.append((place, Missing(Reason.INVALID_KEY_MATERIAL, TOO_MANY)))
            continue
        keys = both
        passed_over += material.passed_over + len(material.keys) - len(fresh)
        by_id.update((key.id, key.material) for key in fresh if key.id is not None)
    unnamed = [place for place, _, material in entries for key in material.keys if key.id is None]
    if len(unnamed) > KEYS_TRIED_MAX:
        notes.append((unnamed[-1], Missing(Reason.WARNING, UNNAMED)))
    return KeyRing(tuple(keys), passed_over, tuple(notes))
