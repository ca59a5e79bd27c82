"""The bytes of a snapshot: shards that are named by their content, and an index of them.

Rules of this file:
1. Equal snapshots have equal bytes, on every machine.
2. One changed entry changes one shard and the index: an entry's place depends
   on its id alone, and on how many entries its section has.
3. Key material is in shards that are marked secret, and nowhere else.
4. A reader that meets what it does not know refuses the whole snapshot.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import msgspec

from .snapshot import FORMAT, Backend, Consumer, Credential, Endpoints, Entry, Policy, Route, Snapshot

SECTIONS: dict[str, type[Entry]] = {
    "routes": Route,
    "backends": Backend,
    "endpoints": Endpoints,
    "policies": Policy,
    "consumers": Consumer,
    "credentials": Credential,
}
SECRET_SECTIONS = frozenset({"credentials"})

# Small enough that one change moves little, large enough that there are few objects.
ENTRIES_PER_SHARD = 128
SHARDS_MAX = 1024
# A ConfigMap or Secret holds 1 MiB; a Secret's value travels as base64 but is counted decoded.
SHARD_BYTES_MAX = 900_000

_KINDS = {(section, section in SECRET_SECTIONS) for section in SECTIONS}
_HEX_DIGITS = b"0123456789abcdef"
_DECODERS = {name: msgspec.json.Decoder(tuple[type_, ...]) for name, type_ in SECTIONS.items()}  # type: ignore[valid-type]


class CodecError(ValueError):
    """The bytes are not a snapshot that this version can read; never quotes them."""


class ShardRef(Entry, frozen=True):
    """One shard as the index names it; `digest` is the SHA-256 of its bytes, in hex."""

    section: str
    bucket: int
    digest: str
    is_secret: bool = False


class Index(Entry, frozen=True):
    """The one object that says which shards are the snapshot."""

    format: int
    gateway: str
    shards: tuple[ShardRef, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of one section: a JSON list of entries, in order of id."""

    digest: str
    section: str
    is_secret: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Encoded:
    """A snapshot in bytes; `digest` is the SHA-256 of the index, in hex, and names the whole."""

    index: bytes
    digest: str
    shards: dict[str, Shard]


@dataclass(slots=True)
class EncodeMemo:
    """The bytes of entries by section and id, kept from one encoding to the next."""

    sections: dict[str, dict[str, tuple[Entry, bytes, int]]] = field(default_factory=dict)


def encode_snapshot(snapshot: Snapshot, memo: EncodeMemo | None = None) -> Encoded:
    """Encode canonically. Entries that are the same object as in `memo` are not encoded again."""
    memo = memo or EncodeMemo()
    shards: dict[str, Shard] = {}
    named: list[ShardRef] = []
    for section in SECTIONS:
        is_secret = section in SECRET_SECTIONS
        for bucket, content in _buckets(section, getattr(snapshot, section), memo):
            digest = hashlib.sha256(content).hexdigest()
            shards[digest] = Shard(digest, section, is_secret, content)
            named.append(ShardRef(section=section, bucket=bucket, digest=digest, is_secret=is_secret))
    index = msgspec.json.encode(Index(format=FORMAT, gateway=snapshot.gateway, shards=tuple(named)))
    return Encoded(index, hashlib.sha256(index).hexdigest(), shards)


def _buckets(section: str, entries: tuple[Any, ...], memo: EncodeMemo) -> list[tuple[int, bytes]]:
    """The contents of a section's shards, the empty ones left out."""
    known = memo.sections.get(section, {})
    encoded: dict[str, tuple[Entry, bytes, int]] = {}
    for entry in entries:
        kept = known.get(entry.id)
        if kept is None or kept[0] is not entry:
            kept = (entry, msgspec.json.encode(entry), crc32(entry.id.encode()))
        encoded[entry.id] = kept
    memo.sections[section] = encoded
    count = _power_of_two(len(encoded) // ENTRIES_PER_SHARD)
    while True:
        buckets: list[list[bytes]] = [[] for _ in range(count)]
        for _, content, place in encoded.values():
            buckets[place % count].append(content)
        if count >= SHARDS_MAX or all(sum(map(len, bucket)) <= SHARD_BYTES_MAX for bucket in buckets):
            return [(n, b"[" + b",".join(bucket) + b"]") for n, bucket in enumerate(buckets) if bucket]
        count *= 2


def _power_of_two(at_least: int) -> int:
    return min(1 << max(at_least - 1, 0).bit_length(), SHARDS_MAX)


def decode_index(content: bytes) -> Index:
    """Read an index; raises `CodecError` for what is not one, or is of another format."""
    try:
        index = msgspec.json.decode(content, type=Index)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CodecError("the index can't be decoded") from error
    if index.format != FORMAT:
        raise CodecError(f"the snapshot has format {index.format}; this version reads {FORMAT}")
    for shard in index.shards:
        if (shard.section, shard.is_secret) not in _KINDS:
            raise CodecError(f"the index names a shard of an unknown section: {shard.section!r}")
    # All digests at once, because there may be thousands: they are hex when nothing is left without its digits.
    digests = [shard.digest for shard in index.shards]
    if not {*map(len, digests)} <= {64} or "".join(digests).encode().translate(None, _HEX_DIGITS):
        raise CodecError("the index names a shard by something that is not a SHA-256")
    return index


def decode_shard(shard: ShardRef, content: bytes) -> tuple[Entry, ...]:
    """Verify and decode a shard; raises `CodecError` when it is not the one that is named."""
    if hashlib.sha256(content).hexdigest() != shard.digest:
        raise CodecError(f"a shard of {shard.section} does not have the digest that names it: {shard.digest}")
    try:
        entries: tuple[Entry, ...] = _DECODERS[shard.section].decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # From None: the message of a decoder may quote what it met, and this may be a key.
        raise CodecError(f"a shard of {shard.section} can't be decoded: {shard.digest}") from None
    return entries
