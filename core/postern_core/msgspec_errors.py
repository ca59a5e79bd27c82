"""Reads the text of msgspec's validation errors, which have no other form.

All that depends on msgspec's wording is here.  A test pins each wording, and
`pyproject.toml` bounds msgspec to the versions whose wording it is.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

import msgspec

Path = tuple[str | int, ...]

_LOCATED = re.compile(r"(?s)(.*?)(?: - at `\$?(.*)`)?\Z")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_MEMBER = re.compile(r"(?s)Object (contains unknown|missing required) field `(.*)`")
_EXPECTED = re.compile(r"(?s)Expected `(.*?)`(?:, got `(.*?)`)?(.*)\Z")
_PATTERN = re.compile(r"(?s)matching regex (.*)\Z")


class Fault(enum.Enum):
    """What is wrong with the value at the path of an error."""

    MISSING_FIELD = enum.auto()
    UNKNOWN_FIELD = enum.auto()
    UNKNOWN_VALUE = enum.auto()
    NOT_A_DATETIME = enum.auto()
    NOT_MATCHING = enum.auto()
    NOT_EXPECTED = enum.auto()
    OTHER = enum.auto()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One validation error.

    `member` is the field that is missing or unknown below `path`.  `pattern` is
    what a text does not match, as Python writes it; `expected` are the types that
    may stand there, `bound` what is asked of them, and `got` the type that does.
    """

    fault: Fault
    path: Path
    message: str
    member: str = ""
    pattern: str = ""
    expected: tuple[str, ...] = ()
    got: str = ""
    bound: str = ""


def mismatch_of(error: msgspec.ValidationError) -> Mismatch:
    """Take an error apart; a wording that is not known is `Fault.OTHER` with the message as it is."""
    match = _LOCATED.match(str(error))
    message, where = (match[1], match[2] or "") if match else (str(error), "")
    path: Path = tuple(name or int(index) for name, index in _STEP.findall(where))
    if member := _MEMBER.match(message):
        fault = Fault.UNKNOWN_FIELD if member[1] == "contains unknown" else Fault.MISSING_FIELD
        return Mismatch(fault, path, message, member=member[2])
    if message.startswith("Invalid enum value"):
        return Mismatch(Fault.UNKNOWN_VALUE, path, message)
    if "datetime" in message:
        return Mismatch(Fault.NOT_A_DATETIME, path, message)
    expected = _EXPECTED.match(message)
    types, got, bound = (tuple(expected[1].split(" | ")), expected[2] or "", expected[3]) if expected else ((), "", "")
    pattern = _PATTERN.search(message)
    fault = Fault.NOT_MATCHING if pattern else Fault.NOT_EXPECTED if expected else Fault.OTHER
    return Mismatch(fault, path, message, "", pattern[1] if pattern else "", types, got, bound)
