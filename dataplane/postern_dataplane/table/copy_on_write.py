"""Makes a dictionary of one that stays as it is, for the price of a copy of its pointers and of what is other in it.

Rules of this file:
1. What was given is never changed, and nor is what was made later: requests go on with the old one.
2. Where nothing is other, it is the same dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class HasId(Protocol):
    """What stands in a group."""

    @property
    def id(self) -> str:
        """The id of the entry that it was made of."""


R = TypeVar("R", bound=HasId)


def with_changes(before: dict[K, V], removed: Collection[K], added: dict[K, V]) -> dict[K, V]:
    """Without those that are gone, and with those that have come."""
    if not removed and not added:
        return before
    if not before:
        return added
    now = before.copy()
    for key in removed:
        del now[key]
    now.update(added)
    return now


def with_recomputed(before: dict[K, V], changed: Collection[K], make: Callable[[K], V | None]) -> dict[K, V]:
    """With the changed ones made anew, and left out where there is nothing to make them of."""
    added = {key: value for key in changed if (value := make(key)) is not None}
    return with_changes(before, [key for key in changed if key not in added and key in before], added)


def with_regrouped(
    before: dict[K, tuple[R, ...]],
    removed: Iterable[tuple[K, str]],
    added: Iterable[tuple[K, R]],
    order: Callable[[R], Any],
) -> dict[K, tuple[R, ...]]:
    """Without the rows that are gone, by group and id, and with those that have come; each group stands in order.

    A row that is gone is gone from all groups it stood in, and one that stays somewhere else has come there.
    """
    removed_ids: set[str] = set()
    touched: dict[K, None] = {}
    added_by_key: dict[K, list[R]] = {}
    for key, id_ in removed:
        removed_ids.add(id_)
        touched[key] = None
    for key, row in added:
        # Not by setdefault: most groups have one row, and a list that is made with it is no larger than that.
        if key in added_by_key:
            added_by_key[key].append(row)
        else:
            added_by_key[key] = [row]

    def make(key: K) -> tuple[R, ...] | None:
        rows = [row for row in before.get(key, ()) if row.id not in removed_ids]
        rows += added_by_key.get(key, ())
        if len(rows) > 1:
            rows.sort(key=order)
        return tuple(rows) or None

    return with_recomputed(before, {**touched, **added_by_key}, make)
