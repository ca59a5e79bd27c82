"""The bytes of grants: shards that are named by their content, and an index of them.

Only the operator reads them, so they are no part of the snapshot.

Rules of this file:
1. Equal grants have equal bytes.
2. One changed grant changes one shard, seldom two, and the index.
3. A shard is never too large for an object of Kubernetes, whatever names users choose: where a shard ends depends on
   the content, but not on the content alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from zlib import crc32

import msgspec

from .codec import Encoded, Shard, ShardRef, read_index, read_shard
from .grants import Grants, HostGrant, KeyGrant
from .snapshot_entry import Entry

FORMAT = 1

# A shard ends at an entry whose checksum says so, on average every 512, once it has the least size; and at the greatest
# size in any case.  A user who chooses names by their checksum changes how large shards are, within these bounds.
ENTRIES_PER_SHARD = 512
SHARD_BYTES_MIN = 16_384
SHARD_BYTES_MAX = 262_144

_DECODERS: dict[str, msgspec.json.Decoder[tuple[Entry, ...]]] = {
    "hosts": msgspec.json.Decoder(tuple[HostGrant, ...]),
    "keys": msgspec.json.Decoder(tuple[KeyGrant, ...]),
}
# A key is the public half of what a token shows, but no more than a namespace's own business.
SECRET_SECTIONS = frozenset({"keys"})
_KINDS = {(section, section in SECRET_SECTIONS) for section in _DECODERS}


class GrantsIndex(Entry, frozen=True):
    """The shards of one gateway's grants."""

    format: int
    shards: tuple[ShardRef, ...]


@dataclass(frozen=True, slots=True)
class EncodedGrants:
    """Grants in bytes."""

    index: bytes
    shards: Mapping[str, Shard]

    def beside(self, encoded: Encoded) -> Encoded:
        """A snapshot with which these grants are published."""
        return replace(encoded, grants=self.index, shards={**self.shards, **encoded.shards})


def encode_grants(grants: Grants) -> EncodedGrants:
    """Encode canonically."""
    shards: dict[str, Shard] = {}
    named: list[ShardRef] = []
    for section, entries in (("hosts", grants.hosts), ("keys", grants.keys)):
        is_secret = section in SECRET_SECTIONS
        for number, content in enumerate(_contents(entries[id_] for id_ in sorted(entries))):
            digest = hashlib.sha256(content).hexdigest()
            shards[digest] = Shard(digest, section, is_secret, content)
            named.append(ShardRef(section=section, bucket=number, digest=digest, is_secret=is_secret))
    index = msgspec.json.encode(GrantsIndex(format=FORMAT, shards=tuple(named)))
    return EncodedGrants(index, shards)


def _contents(entries: Iterable[HostGrant | KeyGrant]) -> Iterator[bytes]:
    """The content of each shard."""
    found: list[bytes] = []
    size = 0
    for entry in entries:
        encoded = msgspec.json.encode(entry)
        found.append(encoded)
        size += len(encoded) + 1
        is_end = size >= SHARD_BYTES_MIN and crc32(entry.id.encode()) % ENTRIES_PER_SHARD == 0
        if is_end or size >= SHARD_BYTES_MAX:
            yield b"[" + b",".join(found) + b"]"
            found, size = [], 0
    if found:
        yield b"[" + b",".join(found) + b"]"


def decode_grants_index(content: bytes) -> GrantsIndex:
    """Read an index; raises `CodecError` for what is not one, or is of another format."""
    return read_index(content, GrantsIndex, FORMAT, _KINDS, "the index of grants")


def decode_grants_shard(shard: ShardRef, content: bytes) -> Grants:
    """Verify and decode a shard; raises `CodecError` when it is not the one that is named."""
    entries = read_shard(shard, content, _DECODERS[shard.section])
    return Grants(
        {entry.id: entry for entry in entries if isinstance(entry, HostGrant)},
        {entry.id: entry for entry in entries if isinstance(entry, KeyGrant)},
    )
