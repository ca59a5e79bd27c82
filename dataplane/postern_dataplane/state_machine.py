"""States of connections and exchanges.

Each machine stands at the head of the module that runs it: its states, and a table of the states that may follow each
one.  A move that the table forbids aborts the connection and raises `StateError`.  `docs/design/connections.md` is
drawn from these tables.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar

from .errors import StateError


class State(enum.Enum):
    """A state; its value says what it means."""

    # By identity: Enum's own hash is a Python function over the name, and each move looks up a table.
    __hash__ = object.__hash__


S = TypeVar("S", bound=State)
Moves = Mapping[S, AbstractSet[S]]


def forbidden(machine: object, before: State, to: State) -> StateError:
    """The error to raise for a move that is not in the table."""
    return StateError(f"{type(machine).__name__} can't move from {before.name} to {to.name}")
