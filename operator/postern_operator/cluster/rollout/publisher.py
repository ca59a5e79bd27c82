"""Publishes snapshots into a gateway's namespace, and keeps them there.

A reader sees the old snapshot or the new one: shards come before the index that
names them, and go when every reader is known to have moved on.  Publishing makes
what is there like what must be there, so repeating it repairs what others have
deleted or changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from kubernetes.aio.client import ApiClient

from postern_core.codec import Encoded, Shard, entries_of, shard_of
from postern_core.publication import digest_of_shard_object
from postern_core.snapshot_entry import Entry
from postern_operator.cluster.api.reader import API_ERRORS, manifest_of, pages
from postern_operator.cluster.api.run_bounded import run_bounded
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import ClusterError, RefusedError, UnreachableError

from .published_objects import (
    INDEX_KEY,
    RESOURCES,
    ObjectKey,
    PublishedObject,
    index_manifest,
    key_of,
    observe,
    shard_manifest,
)

# A first publication of 50,000 credentials writes several hundred shards; more at once only fill the server's queue.
WRITES_AT_ONCE = 8

# The API server says so of an immutable object that is to be changed, and of one that it can't make into another type.
UNCHANGEABLE = 422


class ClusterPublisher:
    """The one writer of what is published for one gateway.

    What is there is learnt by `look`, kept up to date by `observe` and by the
    answers to what is written.  A notice that is older than what we have written
    may set that back for a moment: the next notice puts it right.  After an error
    the caller looks again before it repeats.
    """

    def __init__(self, writer: Writer, namespace: str, gateway: str = "default") -> None:
        self._writer = writer
        self._namespace = namespace
        self._gateway = gateway
        self._present: dict[ObjectKey, PublishedObject] = {}
        self._wanted: Encoded | None = None
        self._named: dict[str, frozenset[str]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def look(self, client: ApiClient) -> None:
        """Learn what is there; raises `ClusterError`."""
        found: dict[ObjectKey, PublishedObject] = {}
        try:
            for resource in RESOURCES.values():
                async for page in pages(client, resource, self._namespace):
                    for raw in page.items or ():
                        found.update(filter(None, [observe(manifest_of(resource, raw), self._gateway)]))
        except API_ERRORS as error:
            raise UnreachableError(f"LIST {self._namespace}: {type(error).__name__}") from None
        self._present = {}
        for place, published in found.items():
            self._note(place, published)

    def observe(self, manifest: Mapping[str, Any], *, is_deleted: bool = False) -> bool:
        """Note an object of the gateway's namespace as a watch has it; returns whether `publish` should repair it."""
        observed = observe(manifest, self._gateway)
        if observed is None:
            return False
        place, published = observed
        if is_deleted:
            self._present.pop(place, None)
        else:
            self._note(place, published)
        return self._wanted is not None and place in _keys(self._wanted) and self._lacks(place, self._wanted)

    async def publish(self, encoded: Encoded) -> None:
        """Make the snapshot the one that readers find; raises `ClusterError`, and may be repeated."""
        async with self._one_at_a_time:
            self._wanted = encoded
            lacking = self._lacking(encoded)
            shards = [shard for shard in encoded.shards.values() if key_of(shard) in lacking]
            _raise_worst(await run_bounded((partial(self._put_shard, one) for one in shards), WRITES_AT_ONCE))
            if INDEX_KEY in lacking:
                await self._put(index_manifest(encoded, self._namespace, self._gateway))

    async def remove_old(self, in_use: Collection[str | None]) -> int:
        """Remove the shards that neither the published index nor one in use names; returns how many.

        `in_use` has the digest that each data-plane pod serves.  Nothing is
        removed while a pod serves an unknown digest, or has not answered (None).
        Raises `ClusterError`.
        """
        async with self._one_at_a_time:
            if self._wanted is None or self._lacking(self._wanted):
                return 0
            if any(digest is None or digest not in self._named for digest in in_use):
                return 0
            kept = {self._wanted.digest, *(digest for digest in in_use if digest)}
            self._named = {digest: self._named[digest] for digest in kept}
            needed = frozenset().union(*self._named.values())
            old = [
                (place, published)
                for place, published in self._present.items()
                if place != INDEX_KEY and digest_of_shard_object(place.name) not in needed
            ]
            _raise_worst(await run_bounded((partial(self._remove, *one) for one in old), WRITES_AT_ONCE))
            return len(old)

    def _lacking(self, encoded: Encoded) -> set[ObjectKey]:
        """The places where there isn't what must be."""
        return {place for place in _keys(encoded) if self._lacks(place, encoded)}

    def _lacks(self, place: ObjectKey, encoded: Encoded) -> bool:
        published = self._present.get(place)
        if published is None or not published.is_intact:
            return True
        return place == INDEX_KEY and (published.digest, published.grants) != (encoded.digest, encoded.grants)

    async def _put_shard(self, shard: Shard) -> None:
        try:
            await self._put(shard_manifest(shard, self._namespace, self._gateway))
        except RefusedError as error:
            error.shard = shard
            raise

    async def refused_entries(self, shard: Shard) -> tuple[Entry, ...]:
        """Which entries the API server doesn't take, none where it refuses for another reason; raises `ClusterError`.

        What is written to find that out is removed as old shards are.
        """
        async with self._one_at_a_time:
            # Another one of its kind, which was never there before: is it the shard's content, or would any be refused?
            if not await self._takes(_another_than(shard)):
                return ()
            return await self._refused_of(shard.section, entries_of(shard))

    async def _refused_of(self, section: str, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        if await self._takes(shard_of(section, entries)):
            return ()
        if len(entries) == 1:
            return entries
        half = len(entries) // 2
        return await self._refused_of(section, entries[:half]) + await self._refused_of(section, entries[half:])

    async def _takes(self, shard: Shard) -> bool:
        try:
            await self._put_shard(shard)
        except RefusedError as error:
            if not error.is_lasting or error.is_of_quota:
                raise
            return False
        return True

    async def _put(self, manifest: dict[str, Any]) -> None:
        """Write an object over whatever has its name."""
        resource = RESOURCES[manifest["kind"]]
        path = resource.path(self._namespace, manifest["metadata"]["name"])
        try:
            answer = await self._writer.apply(path, manifest)
        except RefusedError as error:
            other = self._present.get(ObjectKey(manifest["kind"], manifest["metadata"]["name"]))
            if error.status != UNCHANGEABLE or other is None:
                raise
            # Another object has its name, and can't be changed into ours.
            await self._writer.delete(path, other.uid)
            answer = await self._writer.apply(path, manifest)
        observed = observe({**answer, "kind": resource.kind}, self._gateway)
        if observed is not None:
            self._note(*observed)

    async def _remove(self, place: ObjectKey, published: PublishedObject) -> None:
        await self._writer.delete(RESOURCES[place.kind].path(self._namespace, place.name), published.uid)
        self._present.pop(place, None)

    def _note(self, place: ObjectKey, published: PublishedObject) -> None:
        self._present[place] = published
        if place == INDEX_KEY:
            # For as long as a reader may use it.
            self._named[published.digest] = published.names


def _keys(encoded: Encoded) -> set[ObjectKey]:
    return {INDEX_KEY, *map(key_of, encoded.shards.values())}


def _another_than(shard: Shard) -> Shard:
    content = f'["{secrets.token_hex(16)}"]'.encode()
    return replace(shard, digest=hashlib.sha256(content).hexdigest(), content=content)


def _raise_worst(errors: list[ClusterError]) -> None:
    """Raise one that lasts, if there is one, or else the first."""
    lasting = (error for error in errors if isinstance(error, RefusedError) and error.is_lasting)
    if errors:
        raise next(lasting, errors[0])
