"""Mutated tokens: none passes, and each is refused for a reason of the table."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..damage import damaged
from ..doors import head, outcome, protected, signed

SPLICES = [b".", b"=", b"e30", b"bnVsbA", b"\xff", b" ", b"A" * 64, b"-", b"_", b"eyJhbGciOiJub25lIn0", b"\0"]


@dataclass(frozen=True)
class Door:
    """A table that wants a token, and a token that it takes."""

    table: Any
    token: bytes


@contextmanager
def opened() -> Iterator[Door]:
    door = Door(protected(), signed().encode("ascii"))
    assert outcome(door.table, head("/", ("Authorization", b"Bearer " + door.token))) == "forwarded"
    yield door


def once(chance: random.Random, door: Door) -> str:
    token = damaged(chance, [door.token], SPLICES)
    reason = outcome(door.table, head("/", ("Authorization", b"Bearer " + token)))
    assert reason == outcome(door.table, head("/", ("Authorization", b"Bearer " + token))), token
    # White space around a token is not part of it.
    assert (reason == "forwarded") == (token.strip(b" \t") == door.token), token
    return reason
