"""The structure of a token, strictly: one reading, or none.

What a token claims is not looked at here, and no key is known here.
RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (best current practices).
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from postern_core.strict_json import DECODER, Fault, StrictJSONError

from .token import Token

# In the largest header line that a gateway may be set to take; its own limits are much lower by default.
TOKEN_BYTES_MAX = 65_536
DEPTH_MAX = 32
# Lists and objects of a segment, brackets within its texts counted too: a hundred clients with roles have 200.
BRACKETS_MAX = 2_048

# A longer header is read each time.
KNOWN_HEADER_BYTES_MAX = 256

# By the length of a segment modulo 4: what it lacks, None where there is no such length, and what it may end with.
_ENDS = (("", ""), (None, ""), ("==", "AQgw"), ("=", "AEIMQUYcgkosw048"))
_ALPHABET = (string.ascii_letters + string.digits + "-_").encode()
_STANDARD = bytes.maketrans(b"-_", b"+/")
# A text that never ends is taken whole as well: to look for its end again from each of its quotes takes quadratic time.
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
_SQUARE = str.maketrans("{}", "[]")
_FAULTS = {
    Fault.MEMBER_TWICE: "has a member twice",
    Fault.NOT_A_NUMBER: "has a number that JSON does not know",
    Fault.NUMBER_TOO_LARGE: "has a number beyond reason",
}


class MalformedToken(ValueError):
    """The text is no token; `str()` says why and never quotes it."""


def read_token(text: str) -> Token:
    """Take a token apart; raises `MalformedToken`."""
    if len(text) > TOKEN_BYTES_MAX:
        raise MalformedToken("is longer than any token should be")
    content = text.encode("ascii", "replace")
    # Without the characters of base64url, nothing is left but the dots: one pass, where an expression takes many steps.
    if content.translate(None, _ALPHABET) != b"..":
        raise MalformedToken("is not three segments of base64url")
    first, second, third = text.split(".")
    if not first or not second:
        raise MalformedToken("is not three segments of base64url")
    header = _known_header(first) if len(first) <= KNOWN_HEADER_BYTES_MAX else _header(first)
    return Token(header, _object(_decode(second)), content[: len(first) + 1 + len(second)], _decode(third))


def _header(segment: str) -> Mapping[str, Any]:
    header = _object(_decode(segment))
    if not isinstance(header.get("alg"), str):
        raise MalformedToken("has no alg that is a text")
    if not isinstance(header.get("kid", ""), str):
        raise MalformedToken("has a kid that is no text")
    return MappingProxyType(header)  # shared by all tokens with this header


# The tokens of one issuer have one header, or one for each of its keys.
_known_header = lru_cache(maxsize=256)(_header)


def _decode(segment: str) -> bytes:
    """Base64url, without padding and with no bit that another spelling could have had.

    RFC 4648, section 3.5: the last character holds bits that are part of no byte, and they must be zero.
    """
    padding, last = _ENDS[len(segment) % 4]
    if padding is None:
        raise MalformedToken("has a segment of an impossible length")
    if last and segment[-1] not in last:
        raise MalformedToken("has stray bits in a segment")
    return binascii.a2b_base64((segment + padding).encode().translate(_STANDARD))


def _object(content: bytes) -> dict[str, Any]:
    """A JSON object with one meaning (RFC 8259, sections 4 and 8.1)."""
    try:
        text = content.decode("utf-8")
        brackets = text.count("[") + text.count("{")
        if brackets > DEPTH_MAX:
            if brackets > BRACKETS_MAX:
                raise MalformedToken("has more lists and objects than any token should")
            _refuse_depth(text)
        # Nearly all begin and end without white space, which only `decode` passes over.
        value, end = DECODER.raw_decode(text) if text[:1] == "{" else (None, -1)
        if end != len(text):
            value = DECODER.decode(text)
    except MalformedToken:
        raise
    except StrictJSONError as error:
        raise MalformedToken(_FAULTS[error.fault]) from None
    except (ValueError, RecursionError):
        raise MalformedToken("has a segment that is no JSON") from None
    if not isinstance(value, dict):
        raise MalformedToken("has a segment that is no JSON object")
    return value


def _refuse_depth(text: str) -> None:
    """Before it is parsed: a parser that recurses would be the one to break."""
    brackets = _NO_BRACKETS.sub("", _STRINGS.sub("", text)).translate(_SQUARE)
    for _ in range(DEPTH_MAX):  # each time the innermost go
        brackets = brackets.replace("[]", "")
    if "[" in brackets:
        raise MalformedToken("is nested beyond reason")
