"""How a route changes the header fields of an upstream's response."""

from __future__ import annotations

import msgspec

from .field_layout import Fields


class ResponseEdits(msgspec.Struct, frozen=True, gc=False):
    """`removed` are names in lower case, `added` are fields that follow those that are kept."""

    removed: frozenset[bytes]
    added: Fields

    def kept(self, fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The upstream's fields that go on."""
        removed = self.removed
        return [field for field in fields if field[0].lower() not in removed] if removed else fields
