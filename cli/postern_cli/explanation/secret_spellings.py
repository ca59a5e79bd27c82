"""Whether a token was signed with another spelling of a credential's secret: the usual slips of a hand.

It is for who may read the secret anyway, and tells whether a spelling fits, never what it is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import msgspec

from postern_core.link.materials import white_space_around
from postern_core.snapshot import Credential
from postern_dataplane.jwt.keys import VerificationKey
from postern_dataplane.jwt.token import Token


def other_spelling(token: Token, entry: Credential, key_id: str | None) -> str:
    """Return with which spelling of the secret of this id the token is good, "" where with none that is known."""
    if not entry.algorithm.startswith("HS"):
        return ""
    for key in entry.keys:
        secret = base64.b64decode(key.material)
        for spelling, advice in _spellings(secret) if key.id == key_id else ():
            other = msgspec.structs.replace(key, material=base64.b64encode(spelling).decode())
            if spelling and VerificationKey(other, entry.algorithm).verifies(token):
                return f"the secret of {entry.namespace}/{entry.name} {advice}"
    return ""


def _spellings(secret: bytes) -> Iterator[tuple[bytes, str]]:
    """Other spellings of a secret, and what to do where the token is signed with one."""
    stray = white_space_around(secret)
    if stray:
        yield secret.strip(), f"{stray}, and the token is signed without it; write the Secret without it"
    try:
        decoded = base64.urlsafe_b64decode(secret.strip() + b"=" * (-len(secret.strip()) % 4))
    except (binascii.Error, ValueError):
        decoded = b""
    yield decoded, "is base64, and the token is signed with what it decodes to; set encoding: Base64"
    for text in (base64.b64encode(secret), base64.urlsafe_b64encode(secret)):
        for spelled in (text, text.rstrip(b"=")):
            yield spelled, "is decoded, and the token is signed with its base64 text; set encoding: Plain"
