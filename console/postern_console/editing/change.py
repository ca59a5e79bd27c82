"""A change of one object, as a page shows it before it is made. Pure.

Where it is written belongs in `target` for a folder, and in `postern_console.cluster` for a cluster.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_operator.errors import LocalError


@dataclass(frozen=True, slots=True)
class Change(ABC):
    """An object's document before and after, "" before for a new one.

    `command` applies the document that is downloaded, "" where that is no way; `why_not` is why it can't be saved from
    here, "" where it can.  `conflicts` are fields with their owners, from whom a change that `takes_over` takes them.
    """

    old: str
    new: str
    command: str = field(default="", kw_only=True)
    why_not: str = field(default="", kw_only=True)
    conflicts: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    takes_over: bool = field(default=False, kw_only=True)

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the object stands."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """By which it is known at the time of saving that nothing has come in between."""

    @property
    def to_apply(self) -> str:
        """The document that is downloaded."""
        return self.new


class RefusedChangeError(LocalError):
    """A change that will not be accepted where it is written, and why, field by field."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


def digest_of(*parts: bytes) -> str:
    """One digest of several parts, whose ends count."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def file_name(ref: Ref) -> str:
    """The name of a file for one object."""
    return f"{ref.kind.lower()}-{ref.name}.yaml"
