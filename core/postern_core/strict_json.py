"""JSON that two readers can't read differently: no member twice, no NaN, no number beyond a double.

What is refused is a `StrictJSONError`, whose `fault` says why; words for it are
the caller's, because they are for different readers.
"""

from __future__ import annotations

import enum
import json
import math
from typing import Any, NoReturn


class Fault(enum.Enum):
    """Why a text that a lax reader accepts is refused."""

    MEMBER_TWICE = enum.auto()
    NOT_A_NUMBER = enum.auto()
    NUMBER_TOO_LARGE = enum.auto()


class StrictJSONError(ValueError):
    """A text is JSON only to a lax reader; `found` is the constant, where one was met."""

    def __init__(self, fault: Fault, found: str = "") -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.found = found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StrictJSONError(Fault.MEMBER_TWICE)
    return members


def _constant(name: str) -> NoReturn:
    # RFC 8259, section 6: "Numeric values that cannot be represented in the grammar below (such as Infinity and NaN)
    # are not permitted."
    raise StrictJSONError(Fault.NOT_A_NUMBER, name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise StrictJSONError(Fault.NUMBER_TOO_LARGE)
    return number


# Made once: making a decoder takes as long as reading a token.
DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_constant, parse_float=_finite)
