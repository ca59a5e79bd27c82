"""The fields of CORS in an upstream's response: those of the gateway in place of the application's own."""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = b"access-control-"
# Few fields begin so, and the others need no further look.
_FIRST = frozenset({PREFIX[:1], PREFIX[:1].upper()})


def with_cors(fields: Iterable[tuple[bytes, bytes]], cors: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The fields with these of the gateway; browsers refuse a response that has two answers."""
    kept = [field for field in fields if field[0][:1] not in _FIRST or field[0][:15].lower() != PREFIX]
    kept += cors
    return kept
