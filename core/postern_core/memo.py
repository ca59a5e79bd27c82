"""Remembers what concerns one object alone, so that a whole rebuild pays for the rest only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Kept = dict[object, tuple[tuple[Any, ...], Any]]


class Memo:
    """Results of pure functions, kept from one compilation to the next.

    What a compilation does not ask for is forgotten at its end, so that objects
    that are gone leave nothing behind.  Not for use by two compilations at once.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._next: dict[str, Kept] = {}

    def get_or_compute(self, what: str, key: object, inputs: tuple[Any, ...], make: Callable[..., T], *args: Any) -> T:
        """`make(*args)`, or its result remembered for this `what` and `key` if the inputs were equal.

        The result may depend on nothing but the inputs.
        """
        known = self._kept.get(what, {}).get(key)
        if known is None or known[0] != inputs:
            known = (inputs, make(*args))
        self._next.setdefault(what, {})[key] = known
        return known[1]

    def finish(self) -> None:
        """End a compilation."""
        self._kept, self._next = self._next, {}
