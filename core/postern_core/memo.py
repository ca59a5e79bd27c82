"""Remembers what concerns one object alone, so that a whole rebuild pays for the rest only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Kept = dict[object, tuple[tuple[Any, ...], Any]]


class Memo:
    """Results of pure functions, kept from one compilation to the next.

    What a compilation does not ask for is forgotten at its end, so that objects
    that are gone leave nothing behind.  Not for use by two compilations at once.
    """

    def __init__(self) -> None:
        self._kept: dict[Callable[..., Any], Kept] = {}
        self._next: dict[Callable[..., Any], Kept] = {}

    def get_or_compute(self, make: Callable[[*Ts], T], key: object, *inputs: *Ts) -> T:
        """`make(*inputs)`, or its result remembered for this function and `key` if the inputs were equal.

        The inputs are all that the function gets, so none that matters can be missing here.
        """
        known = self._kept.get(make, {}).get(key)
        if known is None or known[0] != inputs:
            known = (inputs, make(*inputs))
        self._next.setdefault(make, {})[key] = known
        result: T = known[1]
        return result

    def finish(self) -> None:
        """End a compilation."""
        self._kept, self._next = self._next, {}
