"""The structure of a token, strictly: one reading, or none.

What a token claims is not looked at here, and no key is known here.
RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (best current practices).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

TOKEN_BYTES_MAX = 16_384
DEPTH_MAX = 32

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\Z")
# A text that never ends is taken whole as well: to look for its end again from each of its quotes takes quadratic time.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


class MalformedToken(ValueError):
    """The text is no token; `str()` says why and never quotes it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose structure is sound and whose signature nobody has verified yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str | None:
        kid: str | None = self.header.get("kid")
        return kid


def read_token(text: str) -> Token:
    """Take a token apart; raises `MalformedToken`."""
    if len(text) > TOKEN_BYTES_MAX:
        raise MalformedToken("is longer than any token should be")
    segments = _COMPACT.match(text)
    if segments is None:
        raise MalformedToken("is not three segments of base64url")
    header = _object(_decode(segments[1]))
    if not isinstance(header.get("alg"), str):
        raise MalformedToken("has no alg that is a text")
    if not isinstance(header.get("kid", ""), str):
        raise MalformedToken("has a kid that is no text")
    claims = _object(_decode(segments[2]))
    return Token(header, claims, text[: segments.end(2)].encode(), _decode(segments[3]))


def _decode(segment: str) -> bytes:
    """Base64url, without padding and with no bit that another spelling could have had."""
    try:
        content = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        raise MalformedToken("has a segment of an impossible length") from None
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != segment:
        raise MalformedToken("has stray bits in a segment")
    return content


def _object(content: bytes) -> dict[str, Any]:
    """A JSON object with one meaning (RFC 8259, sections 4 and 8.1)."""
    try:
        text = content.decode("utf-8")
        _refuse_depth(text)
        value = json.loads(
            text, object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_finite, parse_int=int
        )
    except MalformedToken:
        raise
    except (ValueError, RecursionError):
        raise MalformedToken("has a segment that is no JSON") from None
    if not isinstance(value, dict):
        raise MalformedToken("has a segment that is no JSON object")
    return value


def _refuse_depth(text: str) -> None:
    """Before it is parsed: a parser that recurses would be the one to break."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > DEPTH_MAX:
            raise MalformedToken("is nested beyond reason")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedToken("has a member twice")
    return members


def _no_constant(_: str) -> NoReturn:
    raise MalformedToken("has a number that JSON does not know")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedToken("has a number beyond reason")
    return number
