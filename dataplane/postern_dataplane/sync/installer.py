"""Brings the newest generation to disk: all of its shards, each verified, and then the index that names them.

The last good generation stays until then, however long that takes.
An id that comes twice, in different shards, is not noticed here: the data plane, which reads all shards, refuses it.
"""

from __future__ import annotations

import asyncio
import hashlib
from http import HTTPStatus
from typing import Protocol

from postern_core.codec import CodecError, Index, ShardRef, decode_index
from postern_kit.backoff import Backoff
from postern_kit.logs import described, log
from postern_kit.snapshot_dir import SnapshotDir

from .errors import ApiError, GenerationError, StartError
from .latest_value import LatestValue

# Shards that are fetched at a time.  Enough to hide the way to the API server and back; little enough for a fleet that
# starts at once.
AT_A_TIME = 8


class Shards(Protocol):
    """Where shards are read; see `PublishedObjects`."""

    async def shard(self, shard: ShardRef) -> bytes:
        """The bytes of a shard, unverified."""

    async def reset(self) -> None:
        """Connect anew."""


class Installer:
    """Keeps a folder at the newest index; `digest` names the complete generation in it, None: there is none yet."""

    def __init__(
        self, gateway: str, folder: SnapshotDir, published: Shards, latest: LatestValue, backoff: Backoff
    ) -> None:
        self.digest: str | None = None
        self._gateway = gateway
        self._snapshot_dir = folder
        self._published = published
        self._latest = latest
        self._backoff = backoff
        self._refused: tuple[str, str] | None = None

    def start(self) -> None:
        """Take over what an earlier process has left; raises `StartError`."""
        try:
            self._snapshot_dir.prepare()
        except OSError as error:
            folder = self._snapshot_dir.path
            raise StartError(f"{folder} can't be made a folder of this user alone: {error.strerror}") from error
        on_disk = self._snapshot_dir.index()
        if on_disk is None:
            return
        content, index = on_disk
        if index.gateway == self._gateway and not self._snapshot_dir.missing(index):
            self.digest = _digest(content)
            log.info("generation found on disk", digest=self.digest)

    async def run(self) -> None:
        """Install the newest index, again and again; what failed is tried again."""
        pause_s: float | None = None
        while True:
            content = await self._latest.take(pause_s)
            pause_s = self._backoff.next_s() if await self._fails(content) else None
            if pause_s is None:
                self._backoff.succeeded()

    async def _fails(self, content: bytes) -> bool:
        """Install one index; whether that is to be tried again."""
        try:
            await self.install(content)
        except GenerationError as error:
            self._refuse(content, str(error))
            return error.may_heal
        except Exception as error:  # noqa: BLE001 # the edge of the loop: the last good generation stays
            self._refuse(content, "not expected", **described(error))
            return True
        self._refused = None
        return False

    async def install(self, content: bytes) -> None:
        """Bring one generation to disk; raises `GenerationError`, after which the same may be tried again."""
        digest = _digest(content)
        index = self._read(content)
        try:
            await asyncio.to_thread(self._snapshot_dir.tidy, index)
            missing = await asyncio.to_thread(self._snapshot_dir.missing, index)
            await self._fetch(missing)
            await asyncio.to_thread(self._snapshot_dir.swap, content, index)
        except ApiError as error:
            await self._published.reset()
            raise GenerationError(str(error), may_heal=True) from None
        except OSError as error:
            raise GenerationError(f"the folder can't be written: {error.strerror}", may_heal=True) from None
        if digest != self.digest or missing:
            log.info("generation installed", digest=digest, shards=len(index.shards), fetched=len(missing))
        self.digest = digest

    def _read(self, content: bytes) -> Index:
        try:
            index = decode_index(content)
        except CodecError as error:
            raise GenerationError(str(error), may_heal=False) from None
        if index.gateway != self._gateway:
            raise GenerationError(f"the index is of another gateway: {index.gateway!r}", may_heal=False)
        return index

    async def _fetch(self, missing: tuple[ShardRef, ...]) -> None:
        """Fetch all that can be had, a few at a time; then raise when that was not all."""
        pending = iter(missing)
        unusable: list[str] = []
        # Not raised within the group: one with a failed task forgets that it was cancelled (until Python 3.13).
        failures: list[Exception] = []

        async def fetch_some() -> None:
            try:
                while not failures and (shard := next(pending, None)):
                    await self._fetch_one(shard, unusable)
            except Exception as error:  # noqa: BLE001 # raised again below
                failures.append(error)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_A_TIME, len(missing))):
                group.create_task(fetch_some())
        if failures:
            raise failures[0]
        if unusable:
            raise GenerationError(f"{len(unusable)} of its shards can't be used; {min(unusable)}", may_heal=True)

    async def _fetch_one(self, shard: ShardRef, unusable: list[str]) -> None:
        """Fetch one shard, or note that it can't be used; raises `ApiError` when none can be had, and `OSError`."""
        try:
            self._snapshot_dir.write_shard(shard, await self._published.shard(shard))
        except CodecError as error:
            unusable.append(str(error))
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            unusable.append(f"a shard of {shard.section} is missing: {shard.digest}")

    def _refuse(self, content: bytes, error: str, **details: str) -> None:
        refusal = (_digest(content), error)
        if refusal != self._refused:
            # Logged once: the next try may end the same way.
            log.error("generation refused", digest=refusal[0], error=error, serving=self.digest, **details)
        self._refused = refusal


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
