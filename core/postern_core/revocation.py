"""Long lists of revoked ids as a snapshot carries them: sorted digests, each as short as is safe.

Who compiles and who serves share this, because a digest that one of them made
otherwise would revoke nothing.
"""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left
from collections.abc import Iterable

# Half of a SHA-256: to find another id with the digest of one takes 2^128 attempts, and would only revoke that too.
DIGEST_BYTES = 16


def digest_of(jti: str) -> bytes:
    """The digest of a `jti`, of whatever a JSON text can hold."""
    return hashlib.sha256(jti.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def packed(jtis: Iterable[str]) -> str:
    """The base64 of the ids' digests, sorted, each once; "" for none."""
    return base64.b64encode(b"".join(sorted({*map(digest_of, jtis)}))).decode()


def unpacked(text: str) -> bytes:
    """The sorted digests, one after the other."""
    return base64.b64decode(text)


def is_among(jti: str, digests: bytes) -> bool:
    """Whether these `unpacked` digests have that of an id."""
    digest = digest_of(jti)
    at = bisect_left(range(len(digests) // DIGEST_BYTES), digest, key=lambda n: _nth(digests, n))
    return _nth(digests, at) == digest


def _nth(digests: bytes, number: int) -> bytes:
    return digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]
