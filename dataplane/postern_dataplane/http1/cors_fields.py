"""The fields of CORS in an upstream's response: those of the gateway in place of the application's own."""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = b"access-control-"


def with_cors(fields: Iterable[tuple[bytes, bytes]], cors: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The fields with these of the gateway; browsers refuse a response that has two answers."""
    return [*(field for field in fields if field[0][:15].lower() != PREFIX), *cors]
