"""How large one entry of the snapshot may be, and what it is made of: more is a problem of the object alone.

The codec puts entries into shards that an object of Kubernetes can hold; here
each entry is bounded so that it can.  What a namespace may have in all belongs
in `shares`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.snapshot_entry import Entry

# Two of the largest entries fit into one shard (`codec.SHARD_BYTES_MAX`), so that a full bucket splits well. Eight
# thousand addresses, or ten thousand revoked ids, are less.
ENTRY_BYTES_MAX = 400_000
# A route that is refused keeps all that says which requests it takes, for with less it would stand behind others: that
# is up to 550 KB, by the bounds of the fields, and still fits into a shard.
PLACE_BYTES_MAX = 800_000
# Of a stored secret; one longer than its hash's block is hashed first (RFC 2104, section 2).
KEY_BYTES_MAX = 16_384
# Of a stored public key, which may be a JWK Set: a hundred keys, each with its chain of certificates, fit.
KEY_SET_BYTES_MAX = 262_144
# Of one credential: a JWK Set has no more.
KEYS_MAX = 100
# The system's own bundle of CAs has some 220 KB.
CERTIFICATES_BYTES_MAX = 300_000
# Of the chain that a client is shown: OpenSSL takes 100 KiB of one, and a usual one has some 5 KB.
CHAIN_BYTES_MAX = 100_000
# Of the names for which a certificate is shown: ten thousand fit, and the entry with the longest chain.
NAMES_BYTES_MAX = 250_000
# Of the hosts of one entry that may have those of a whole namespace: these fit into the largest entry.
HOSTS_PER_ENTRY = 1_000
# A refusal is copied into every route of a Service, and may quote what another object holds.
REFUSAL_CHARS_MAX = 512


def size_of(entry: Entry) -> int:
    """The bytes of an entry in its shard."""
    return len(msgspec.json.encode(entry))


def too_large(ref: Ref, at: str, size_bytes: int, way_out: str) -> Problem | None:
    """What is wrong with the object `ref` whose entry has so many bytes, None if it fits."""
    if size_bytes <= ENTRY_BYTES_MAX:
        return None
    message = f"takes {size_bytes:,} bytes in the snapshot, more than {ENTRY_BYTES_MAX:,}; {way_out}"
    return Problem(ref, Reason.TOO_LARGE, at, message)


def parts_of(hosts: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Hosts for as many entries as they need, each with the end of its id: the first has none."""
    for start in range(0, len(hosts), HOSTS_PER_ENTRY):
        yield f"/{start // HOSTS_PER_ENTRY}" if start else "", tuple(hosts[start : start + HOSTS_PER_ENTRY])


def shortened(refusal: str) -> str:
    """A refusal as an entry may carry it."""
    return refusal if len(refusal) <= REFUSAL_CHARS_MAX else refusal[: REFUSAL_CHARS_MAX - 3] + "..."
