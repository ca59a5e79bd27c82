"""What the readers of annotations return and raise, and how values are read that several of them have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Fields = dict[str, Any]
Annotations = Mapping[str, str]


class UnsayableError(ValueError):
    """An annotation that no field says exactly; `why` ends a sentence that begins with its name."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Reading:
    """Fields of a Service, and what differs from what nginx did."""

    fields: Fields
    notes: tuple[str, ...] = ()


class Group(NamedTuple):
    """Annotations that mean something together; `read` gets those of them that are there, and the namespace."""

    names: frozenset[str]
    read: Callable[[Annotations, str], Reading]


def group(read: Callable[[Annotations, str], Reading], *names: str) -> Group:
    """A group of these names."""
    return Group(frozenset(names), read)


def whole_number(name: str, value: str) -> int:
    """A number of digits alone; raises `UnsayableError`."""
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise UnsayableError(name, "its value is not a whole number")
    return int(value)


def words(value: str) -> list[str]:
    """The parts of a list with commas."""
    return [part for part in (it.strip() for it in value.split(",")) if part]


def merge(into: Fields, other: Mapping[str, Any]) -> None:
    """Lay fields over others; raises `ValueError` where both say one thing differently."""
    for name, value in other.items():
        if isinstance(value, dict):
            merge(into.setdefault(name, {}), value)
        elif into.setdefault(name, value) != value:
            raise ValueError("contradicts another annotation")
