"""What is in a token, read as strictly as the gateway reads it; nothing of it is verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postern_dataplane.jwt.compact import MalformedToken, read_token


@dataclass(frozen=True, slots=True)
class DecodedToken:
    """The header and the claims; `mistake` says why the gateway would read neither, "" for a token that it reads."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    mistake: str = ""


def decode_token(text: str) -> DecodedToken:
    """Take a token apart; the mistake never quotes it."""
    try:
        token = read_token(text)
    except MalformedToken as error:
        return DecodedToken({}, {}, str(error))
    return DecodedToken(dict(token.header), token.claims)
