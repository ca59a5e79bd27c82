"""JSON as strictly as YAML is read here: every mistake has its line, and a key comes once."""

from __future__ import annotations

import json
import re

from postern_operator.errors import ManifestError

from .manifest_yaml import DEPTH_MAX, Document

# What matters of the structure: texts (with the colon of a key), brackets, and numbers that are none.
_PIECE = re.compile(
    # A text that does not end reaches as far as it can, so that looking stays linear.
    r'"(?:[^"\\]|\\.)*+(?:"(?:\s*:)?|\Z)|[\[{\]}]|NaN|-?Infinity|[0-9]{65,}',
    re.DOTALL,
)


def json_document(text: str) -> Document:
    """Read a text as one document; raises `ManifestError` at the first mistake."""
    duplicate = _look_over(text)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ManifestError(f"is not JSON: {error.msg}", error.lineno, error.colno) from None
    if duplicate:
        raise duplicate
    return Document(value, text[: len(text) - len(text.lstrip())].count("\n") + 1, {})


def _look_over(text: str) -> ManifestError | None:
    """Raise for what the reader could choke on, and give back the first key that comes twice."""
    duplicate: ManifestError | None = None
    open_: list[set[str]] = []
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in "[{":
            open_.append(set())
            if len(open_) > DEPTH_MAX:
                raise _mistake(text, match.start(), f"nests deeper than {DEPTH_MAX}")
        elif piece in "]}":
            open_[-1:] = []
        elif piece[0] != '"':
            raise _mistake(text, match.start(), f"is no number that a manifest can hold: {piece[:16]}")
        elif piece[-1] == ":" and open_ and duplicate is None:
            key = _key(piece)
            if key in open_[-1]:
                message = f"the key {key!r} is repeated in this mapping; remove one of the two"
                duplicate = _mistake(text, match.start(), message)
            open_[-1].add(key)
    return duplicate


def _key(piece: str) -> str:
    quoted = piece[:-1].rstrip()
    try:
        return str(json.loads(quoted)) if "\\" in quoted else quoted[1:-1]
    except json.JSONDecodeError:
        return quoted


def _mistake(text: str, at: int, message: str) -> ManifestError:
    before = text[:at]
    return ManifestError(message, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
