"""What a Secret or ConfigMap holds, by reference."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from postern_core.parse import Parsed
from postern_core.problems import Reason
from postern_core.ref import Ref


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a referred value can't be had."""

    reason: Reason
    message: str


def value_of(holder: Ref, parsed: Parsed | None, key: str) -> bytes | Missing:
    """The bytes under a key of a Secret or ConfigMap; messages never quote a value."""
    if parsed is None:
        return Missing(Reason.SECRET_NOT_FOUND, f"{holder} does not exist; create it")
    if parsed.resource is None:
        return Missing(Reason.SECRET_NOT_FOUND, f"{holder} can't be read")
    resource = parsed.resource
    plain, encoded = (
        (resource.string_data, resource.data) if holder.kind == "Secret" else (resource.data, resource.binary_data)
    )
    if plain and key in plain:
        return str(plain[key]).encode()
    if encoded and key in encoded:
        try:
            return base64.b64decode("".join(encoded[key].split()), validate=True)
        except (binascii.Error, ValueError):
            return Missing(Reason.SECRET_KEY_MISSING, f"{holder} holds {key!r}, which is not base64")
    known = ", ".join(sorted({*(plain or ()), *(encoded or ())})) or "nothing"
    return Missing(Reason.SECRET_KEY_MISSING, f"{holder} has no entry {key!r}; it has {known}")
