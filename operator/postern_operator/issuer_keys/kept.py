"""The bytes by which fetched keys outlive the process: strict, and read again as carefully as they were fetched."""

from __future__ import annotations

import msgspec

from postern_core.validators import UnreadableKey
from postern_operator.jwk_sets import read_published_jwks, write_jwks

from .fetch import FetchedKeys


def encode_kept(keys: FetchedKeys) -> bytes:
    return msgspec.json.encode(keys)


def decode_kept(content: bytes) -> FetchedKeys | None:
    """Return what was kept, None for what is damaged, or was written by something else."""
    try:
        kept = msgspec.json.decode(content, type=FetchedKeys)
        return msgspec.structs.replace(kept, keys=write_jwks(read_published_jwks(kept.keys).keys))
    except (msgspec.MsgspecError, UnicodeDecodeError, UnreadableKey):
        return None
