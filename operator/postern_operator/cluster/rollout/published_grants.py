"""The published snapshot and its grants: written beside each other, and read again by a replica that begins.

Grants that can't be read follow from the published snapshot: its routes and
credentials show by which grants they were compiled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
from kubernetes.aio.client import ApiClient

from postern_core.codec import SECTIONS, CodecError, ShardRef, decode_index, decode_shard
from postern_core.grants import Grants, grants_in
from postern_core.grants_codec import EncodedGrants, decode_grants_index, decode_grants_shard, encode_grants
from postern_core.link.retained import EMPTY
from postern_core.publication import GRANTS_ENTRY, INDEX_ENTRY, SHARD_ENTRY
from postern_core.snapshot import Credential, Route, Snapshot
from postern_operator.build import BuildResult
from postern_operator.cluster.api.reader import API_ERRORS, get_object
from postern_operator.cluster.errors import UnreachableError

from .published_objects import INDEX_KEY, RESOURCES, ObjectKey, content_of, shard_place

log = logging.getLogger("postern.published_grants")

GETS_AT_ONCE = 16


class EncodedBeside:
    """Encodes the grants of builds; those of the latest build are not encoded again."""

    def __init__(self) -> None:
        self._latest: tuple[Grants, EncodedGrants] | None = None

    def beside(self, built: BuildResult) -> BuildResult:
        """Return the build with its grants."""
        grants = built.compiled.grants
        if self._latest is None or self._latest[0] is not grants:
            self._latest = (grants, encode_grants(grants))
        return replace(built, encoded=self._latest[1].beside(built.encoded))


async def read_grants(api: ApiClient, namespace: str) -> Grants:
    """The grants that are published in a gateway's namespace, none where nothing is; raises `ClusterError`."""
    try:
        index = await get_object(api, RESOURCES[INDEX_KEY.kind], namespace, INDEX_KEY.name)
        if index is None:
            return Grants()
        grants, is_whole = await _recorded(api, namespace, content_of(index, GRANTS_ENTRY) or b"")
        if is_whole:
            return grants
        shown = await _shown(api, namespace, content_of(index, INDEX_ENTRY) or b"")
    except API_ERRORS as error:
        raise UnreachableError(f"GET {namespace}: {type(error).__name__}") from None
    fields = {"namespace": namespace, "hosts": len(shown.hosts), "keys": len(shown.keys)}
    log.warning("grants are incomplete, derived from the published snapshot instead", extra={"fields": fields})
    return grants.completed_by(shown)


async def read_snapshot(api: ApiClient, namespace: str) -> Snapshot:
    """The snapshot that is published in a gateway's namespace; raises `ClusterError`.

    One that is not all there counts as none: without its narrower routes a request would fall to a wider one.
    """
    try:
        index = await get_object(api, RESOURCES[INDEX_KEY.kind], namespace, INDEX_KEY.name)
        if index is None:
            return EMPTY
        named = decode_index(content_of(index, INDEX_ENTRY) or b"")
        sections: dict[str, list[Any]] = {name: [] for name in SECTIONS}
        for shard, content in await _contents(api, namespace, named.shards):
            sections[shard.section] += decode_shard(shard, content)
    except API_ERRORS as error:
        raise UnreachableError(f"GET {namespace}: {type(error).__name__}") from None
    except CodecError as error:
        fields = {"namespace": namespace, "error": str(error)}
        log.error("the published snapshot can't be read", extra={"fields": fields})  # noqa: TRY400 # it says all
        return EMPTY
    return Snapshot(gateway=named.gateway, **{name: tuple(found) for name, found in sections.items()})


async def _recorded(api: ApiClient, namespace: str, index: bytes) -> tuple[Grants, bool]:
    """The grants as they were recorded, and whether these are all of them."""
    try:
        shards = decode_grants_index(index).shards
    except CodecError:
        return Grants(), False
    grants, is_whole = Grants(), True
    for shard, content in await _contents(api, namespace, shards):
        try:
            grants = grants.completed_by(decode_grants_shard(shard, content))
        except CodecError:
            is_whole = False
    return grants, is_whole


async def _shown(api: ApiClient, namespace: str, index: bytes) -> Grants:
    """What the published snapshot shows of its grants."""
    try:
        shards = decode_index(index).shards
    except CodecError:
        return Grants()
    wanted = [shard for shard in shards if shard.section in ("routes", "credentials")]
    entries = list(_entries(await _contents(api, namespace, wanted)))
    snapshot = Snapshot(
        gateway="",
        routes=tuple(entry for entry in entries if isinstance(entry, Route)),
        credentials=tuple(entry for entry in entries if isinstance(entry, Credential)),
    )
    return grants_in(snapshot)


def _entries(contents: Iterable[tuple[ShardRef, bytes]]) -> Iterator[msgspec.Struct]:
    """What can be read of these shards."""
    for shard, content in contents:
        try:
            yield from decode_shard(shard, content)
        except CodecError:
            continue


async def _contents(api: ApiClient, namespace: str, shards: Iterable[ShardRef]) -> list[tuple[ShardRef, bytes]]:
    """The contents of these shards, in order; b"" for one that isn't there."""
    at_once = asyncio.Semaphore(GETS_AT_ONCE)

    async def get(shard: ShardRef) -> tuple[ShardRef, bytes]:
        place: ObjectKey = shard_place(shard.digest, is_secret=shard.is_secret)
        async with at_once:
            found = await get_object(api, RESOURCES[place.kind], namespace, place.name)
        return shard, (content_of(found, SHARD_ENTRY) or b"") if found else b""

    return list(await asyncio.gather(*map(get, shards)))
