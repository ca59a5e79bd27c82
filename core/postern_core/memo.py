"""Remembers what concerns one object alone, so that a whole rebuild pays for the rest only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """Results of pure functions, kept from one compilation to the next.

    What a compilation does not ask for is forgotten at its end, so that objects
    that are gone leave nothing behind.  Not for use by two compilations at once.
    """

    def __init__(self) -> None:
        self._kept: dict[object, tuple[tuple[Any, ...], Any]] = {}
        self._next: dict[object, tuple[tuple[Any, ...], Any]] = {}

    def once(self, key: object, inputs: tuple[Any, ...], make: Callable[..., T]) -> T:
        """`make(*inputs)`, or the result remembered under `key` for equal inputs."""
        known = self._kept.get(key)
        if known is None or known[0] != inputs:
            known = (inputs, make(*inputs))
        self._next[key] = known
        return known[1]  # type: ignore[no-any-return]

    def finish(self) -> None:
        """End a compilation."""
        self._kept, self._next = self._next, {}
