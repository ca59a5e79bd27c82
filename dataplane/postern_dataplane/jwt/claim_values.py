"""Claims by name or path: compared with what a policy asks for, and written into headers.

Made once for a policy, when the table is built.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from postern_core.claim_values import scalar_text
from postern_core.snapshot_claims import ClaimMatch, ForwardClaim

Claims = dict[str, Any]

# RFC 8693, section 4.2: "a JSON string containing a space-separated list of scopes"; scp is its name elsewhere.
SPACE_SEPARATED = frozenset({"scope", "scp"})
# More elements make no header that an application takes; Entra ID puts 200 groups into a token at most.
ELEMENTS_MAX = 256
_SCALAR = re.compile(r"true|false|-?\d+(\.\d+)?(e[+-]?\d+)?")


def claim_at(path: Sequence[str], claims: Claims) -> Any:
    """The claim at a path, each step a member of an object; None where there is none."""
    value: Any = claims
    for name in path:
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value


class ClaimTest:
    """Whether a claim holds what a policy asks for."""

    __slots__ = ("_all", "_any", "_asks_for_scalars", "_is_space_separated", "_path")

    def __init__(self, match: ClaimMatch) -> None:
        self._path = match.path or (match.name,)
        self._any = frozenset(match.any_of)
        self._all = frozenset(match.all_of)
        self._is_space_separated = self._path[0] in SPACE_SEPARATED and len(self._path) == 1
        # Whether a number or boolean may match: most policies ask for words, and lists are long.
        self._asks_for_scalars = any(map(_SCALAR.fullmatch, self._any | self._all))

    def holds(self, claims: Claims) -> bool:
        """Whether one value of `any_of`, and each of `all_of`, is held; where nothing is asked for, nothing passes."""
        texts = self._texts(claim_at(self._path, claims))
        has_all = self._all.issubset(texts)
        return has_all and (not self._any.isdisjoint(texts) if self._any else bool(self._all))

    def _texts(self, value: Any) -> Sequence[str | None]:
        if type(value) is str:
            return (value, *value.split(" ")) if self._is_space_separated else (value,)
        if type(value) is not list:
            return (scalar_text(value),)
        return list(map(scalar_text, value)) if self._asks_for_scalars else [it for it in value if type(it) is str]


class ClaimHeader:
    """The header by which a claim goes upstream."""

    __slots__ = ("_encode", "_join", "_mark", "_path", "name")

    def __init__(self, forward: ForwardClaim) -> None:
        self.name = forward.header
        self._path = forward.path or (forward.claim,)
        self._join = forward.join
        self._mark = forward.join.strip() or forward.join
        self._encode = ENCODINGS[forward.encoding]

    def value(self, claims: Claims) -> str | None:
        """What the header says, None where it must be left out."""
        claim = claim_at(self._path, claims)
        elements = claim if type(claim) is list and self._join else [claim]
        texts = self._texts(elements) if len(elements) <= ELEMENTS_MAX else []
        # RFC 9110, sections 5.5 and 5.6.1: spaces around a field's value, or an element of its list, are no part of it,
        # so one with them would pass for another.
        if not texts or any(not it or it != it.strip(" ") for it in texts):
            return None
        value = self._join.join(texts)
        # Printable ASCII can't end its line early. An element that holds what stands between them would pass for two.
        if not value.isascii() or not value.isprintable():
            return None
        is_one_reading = not self._join or (
            value.count(self._mark) == len(texts) - 1 and value.split(self._join) == texts
        )
        return value if is_one_reading else None

    def _texts(self, elements: list[Any]) -> list[str]:
        """The elements as they are written, "" for what can't be."""
        texts = [(it if type(it) is str else scalar_text(it)) or "" for it in elements]
        if self._encode is None:
            return texts
        try:
            return [self._encode(it) for it in texts]
        except UnicodeEncodeError:  # half of a surrogate pair
            return []


def _percent(text: str) -> str:
    return quote(text, safe="")


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


ENCODINGS: MappingProxyType[str, Callable[[str], str] | None] = MappingProxyType(
    {"Plain": None, "Percent": _percent, "Base64": _base64}
)
