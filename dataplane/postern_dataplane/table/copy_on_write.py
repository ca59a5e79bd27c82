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


class Row(Protocol):
    """What stands in a group."""

    @property
    def id(self) -> str:
        """The id of the entry that it was made of."""


R = TypeVar("R", bound=Row)


def patched(before: dict[K, V], gone: Collection[K], come: dict[K, V]) -> dict[K, V]:
    """Without those that are gone, and with those that have come."""
    if not gone and not come:
        return before
    if not before:
        return come
    now = before.copy()
    for key in gone:
        del now[key]
    now.update(come)
    return now


def remade(before: dict[K, V], changed: Collection[K], make: Callable[[K], V | None]) -> dict[K, V]:
    """With the changed ones made anew, and left out where there is nothing to make them of."""
    come = {key: value for key in changed if (value := make(key)) is not None}
    return patched(before, [key for key in changed if key not in come and key in before], come)


def regrouped(
    before: dict[K, tuple[R, ...]],
    gone: Iterable[tuple[K, str]],
    come: Iterable[tuple[K, R]],
    order: Callable[[R], Any],
) -> dict[K, tuple[R, ...]]:
    """Without the rows that are gone, by group and id, and with those that have come; each group stands in order.

    A row that is gone is gone from all groups it stood in, and one that stays somewhere else has come there.
    """
    left: set[str] = set()
    concerned: dict[K, None] = {}
    joining: dict[K, list[R]] = {}
    for key, id_ in gone:
        left.add(id_)
        concerned[key] = None
    for key, row in come:
        # Not by setdefault: most groups have one row, and a list that is made with it is no larger than that.
        if key in joining:
            joining[key].append(row)
        else:
            joining[key] = [row]

    def make(key: K) -> tuple[R, ...] | None:
        rows = [row for row in before.get(key, ()) if row.id not in left]
        rows += joining.get(key, ())
        if len(rows) > 1:
            rows.sort(key=order)
        return tuple(rows) or None

    return remade(before, {**concerned, **joining}, make)
