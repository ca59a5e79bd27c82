"""The bytes of a snapshot: shards that are named by their content, and an index of them.

Rules of this file:
1. Equal snapshots have equal bytes, on every machine.
2. One changed entry changes one shard and the index: an entry's place depends
   on its id, on how many entries its section has, and, where its bucket is too
   large for one shard, on the sizes within that bucket. No entry moves because
   another bucket is full.
3. Key material is in shards that are marked secret, and nowhere else.
4. A reader that meets what it does not know refuses the whole snapshot.
5. No shard and no index is larger than an object of Kubernetes may be. Entries
   are bounded before they come here (`link.sizes`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Protocol, TypeVar
from zlib import crc32

import msgspec

from .snapshot import FORMAT, Backend, Consumer, Credential, Endpoints, Policy, Route, Snapshot
from .snapshot_certificates import Certificate
from .snapshot_entry import Entry
from .snapshot_issuers import TokenIssuer
from .snapshot_listeners import Listener
from .snapshot_responses import Responses

SECTIONS: dict[str, type[Entry]] = {
    "routes": Route,
    "backends": Backend,
    "endpoints": Endpoints,
    "policies": Policy,
    "consumers": Consumer,
    "credentials": Credential,
    "responses": Responses,
    "issuers": TokenIssuer,
    "certificates": Certificate,
    "listeners": Listener,
}
SECRET_SECTIONS = frozenset({"credentials", "certificates"})

# Small enough that one change moves little, large enough that there are few objects.
ENTRIES_PER_SHARD = 128
# Of one section. A bucket that doesn't fit into a shard is split by itself, into no more than twice the shards that
# its bytes need: so an index of 135 bytes a shard holds this many of each section, and 1.5 GB in split buckets.
BUCKETS_MAX = 512
# A ConfigMap or Secret holds 1 MiB; a Secret's value travels as base64 but is counted decoded.
SHARD_BYTES_MAX = 900_000
INDEX_BYTES_MAX = 1_000_000
# A split bucket is divided by these bits of a hash for which, unlike a CRC, no colliding ids can be constructed.
SPLIT_BITS = 64

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
    """The one object that says which shards are the snapshot.

    `pods` is by how many ready pods of the gateway rate limits are divided; 0 where that is unknown or not needed.
    """

    format: int
    gateway: str
    shards: tuple[ShardRef, ...]
    pods: Annotated[int, msgspec.Meta(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of one section: a JSON list of entries, in order of id."""

    digest: str
    section: str
    is_secret: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Encoded:
    """A snapshot in bytes; `digest` is the SHA-256 of the index, in hex, and names the whole.

    `grants` is the index of the grants that are stored with it, whose shards are among `shards`; "" without any.
    """

    index: bytes
    digest: str
    shards: dict[str, Shard]
    grants: bytes = b""


class TooLargeError(ValueError):
    """A snapshot that can't be published; its message says which limit is exceeded, and quotes nothing."""


# An entry, its bytes and the CRC of its id; a plain tuple, because there may be a hundred thousand.
_Piece = tuple[Any, bytes, int]


@dataclass(slots=True)
class EncodeMemo:
    """The bytes of entries by section and id, kept from one encoding to the next."""

    sections: dict[str, dict[str, _Piece]] = field(default_factory=dict)


def encode_snapshot(snapshot: Snapshot, memo: EncodeMemo | None = None) -> Encoded:
    """Encode canonically; raises `TooLargeError` for what no object of Kubernetes can hold.

    Entries that are the same object as in `memo` are not encoded again.
    """
    memo = memo or EncodeMemo()
    shards: dict[str, Shard] = {}
    named: list[ShardRef] = []
    for section in SECTIONS:
        is_secret = section in SECRET_SECTIONS
        for bucket, content in _shards_of(section, getattr(snapshot, section), memo):
            digest = hashlib.sha256(content).hexdigest()
            shards[digest] = Shard(digest, section, is_secret, content)
            named.append(ShardRef(section=section, bucket=bucket, digest=digest, is_secret=is_secret))
    index = msgspec.json.encode(Index(format=FORMAT, gateway=snapshot.gateway, shards=tuple(named)))
    if len(index) > INDEX_BYTES_MAX:
        raise TooLargeError(f"the index of {len(named)} shards has {len(index)} bytes, more than {INDEX_BYTES_MAX}")
    return Encoded(index, hashlib.sha256(index).hexdigest(), shards)


def with_pods(encoded: Encoded, pods: int) -> Encoded:
    """The same snapshot for a gateway of so many pods; only the index is another."""
    index = msgspec.json.encode(msgspec.structs.replace(decode_index(encoded.index), pods=pods))
    return replace(encoded, index=index, digest=hashlib.sha256(index).hexdigest())


def _shards_of(section: str, entries: tuple[Any, ...], memo: EncodeMemo) -> Iterator[tuple[int, bytes]]:
    """The contents of a section's shards, each with its bucket; empty ones are left out."""
    known = memo.sections.get(section, {})
    encoded: dict[str, _Piece] = {}
    for entry in entries:
        kept = known.get(entry.id)
        if kept is None or kept[0] is not entry:
            kept = (entry, msgspec.json.encode(entry), crc32(entry.id.encode()))
        encoded[entry.id] = kept
    memo.sections[section] = encoded
    count = _power_of_two(len(encoded) // ENTRIES_PER_SHARD)
    buckets: list[list[_Piece]] = [[] for _ in range(count)]
    for piece in encoded.values():
        buckets[piece[2] % count].append(piece)
    for number, bucket in enumerate(buckets):
        for part in _parts(section, bucket):
            yield number, b"[" + b",".join([content for _, content, _ in part]) + b"]"


def _parts(section: str, bucket: list[_Piece]) -> list[list[_Piece]]:
    """The pieces of a bucket as they go into shards, each part in order of id."""
    if _size(bucket) <= SHARD_BYTES_MAX:
        return [bucket] if bucket else []
    placed = [(int.from_bytes(hashlib.sha256(piece[0].id.encode()).digest()[:8], "big"), piece) for piece in bucket]
    parts = _split(section, placed, SPLIT_BITS - 1)
    return [sorted((piece for _, piece in part), key=_by_id) for part in parts]


def _split(section: str, placed: list[tuple[int, _Piece]], bit: int) -> list[list[tuple[int, _Piece]]]:
    """Halve what is too large by the next bit of the hash, and join what lies beside the cut where that fits.

    Of two neighbours in the result, together they never fit into one: for
    any ids, there are at most twice as many as the bytes need.
    """
    if _size([piece for _, piece in placed]) <= SHARD_BYTES_MAX:
        return [placed] if placed else []
    if bit < 0 or len(placed) == 1:
        raise TooLargeError(f"an entry of {section} is larger than a shard may be, or many have one hash")
    left = _split(section, [one for one in placed if not one[0] >> bit & 1], bit - 1)
    right = _split(section, [one for one in placed if one[0] >> bit & 1], bit - 1)
    if left and right and _size([piece for _, piece in left[-1] + right[0]]) <= SHARD_BYTES_MAX:
        return [*left[:-1], left[-1] + right[0], *right[1:]]
    return left + right


def _size(pieces: list[_Piece]) -> int:
    """The bytes of a shard of these: with a comma or bracket for each, and one more bracket."""
    return sum([len(content) for _, content, _ in pieces]) + len(pieces) + 1


def _by_id(piece: _Piece) -> str:
    return str(piece[0].id)


def _power_of_two(at_least: int) -> int:
    return min(1 << max(at_least - 1, 0).bit_length(), BUCKETS_MAX)


def shard_of(section: str, entries: Sequence[Entry]) -> Shard:
    """A shard of just these entries, in their order."""
    content = msgspec.json.encode(entries)
    return Shard(hashlib.sha256(content).hexdigest(), section, section in SECRET_SECTIONS, content)


def entries_of(shard: Shard) -> tuple[Entry, ...]:
    """What a shard holds; for who has made it."""
    return decode_shard(ShardRef(section=shard.section, bucket=0, digest=shard.digest), shard.content)


def decode_index(content: bytes) -> Index:
    """Read an index; raises `CodecError` for what is not one, or is of another format."""
    return read_index(content, Index, FORMAT, _KINDS, "the index")


def decode_shard(shard: ShardRef, content: bytes) -> tuple[Entry, ...]:
    """Verify and decode a shard; raises `CodecError` when it is not the one that is named."""
    return read_shard(shard, content, _DECODERS[shard.section])


class ShardIndex(Protocol):
    """What every index has: the snapshot's, and that of grants."""

    @property
    def format(self) -> int: ...
    @property
    def shards(self) -> tuple[ShardRef, ...]: ...


SomeIndex = TypeVar("SomeIndex", bound=ShardIndex)
T = TypeVar("T")


def read_index(
    content: bytes, type_: type[SomeIndex], format_: int, kinds: Collection[tuple[str, bool]], what: str
) -> SomeIndex:
    """Read an index whose shards are of these sections, each with whether it is secret; raises `CodecError`."""
    try:
        index = msgspec.json.decode(content, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CodecError(f"{what} can't be decoded") from error
    if index.format != format_:
        raise CodecError(f"{what} has format {index.format}; this version reads {format_}")
    for shard in index.shards:
        if (shard.section, shard.is_secret) not in kinds:
            raise CodecError(f"{what} names a shard of an unknown section: {shard.section!r}")
    # All digests at once, because there may be thousands: they are hex when nothing is left without its digits.
    digests = [shard.digest for shard in index.shards]
    if not {*map(len, digests)} <= {64} or "".join(digests).encode().translate(None, _HEX_DIGITS):
        raise CodecError(f"{what} names a shard by something that is not a SHA-256")
    return index


def read_shard(shard: ShardRef, content: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Verify and decode a shard of any index; raises `CodecError` when it is not the one that is named."""
    if hashlib.sha256(content).hexdigest() != shard.digest:
        raise CodecError(f"a shard of {shard.section} does not have the digest that names it: {shard.digest}")
    try:
        return decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # From None: the message of a decoder may quote what it met, and this may be a key.
        raise CodecError(f"a shard of {shard.section} can't be decoded: {shard.digest}") from None
