"""A token taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Token(msgspec.Struct, frozen=True, gc=False):
    """A token whose structure is sound and whose signature is not verified yet."""

    header: Mapping[str, Any]
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str | None:
        kid: str | None = self.header.get("kid")
        return kid
