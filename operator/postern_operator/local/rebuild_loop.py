"""Keeps a publisher at what an object source holds: after each change everything is compiled afresh."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from postern_core.codec import Encoded
from postern_core.compile import Compiled
from postern_core.grants import Grants
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.parse import Parsed
from postern_core.snapshot_listeners import Listener
from postern_operator.build import GatewayBuild, ObjectSource, until_quiet


class Publisher(Protocol):
    """Where snapshots go."""

    def publish(self, encoded: Encoded) -> None:
        """Put a snapshot where its readers look; a thread's work.  May raise anything."""


class GrantsStore(Protocol):
    """Where grants outlive the process."""

    def read(self) -> Grants:
        """Return the grants that were kept last, none where none were."""

    def keep(self, grants: Grants) -> None:
        """Keep these instead; a thread's work."""


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What was compiled from which objects; `digest` names the snapshot that is published now."""

    objects: tuple[Parsed, ...]
    compiled: Compiled
    digest: str


class RebuildLoop:
    """Rebuilds for one gateway; one at a time."""

    def __init__(
        self,
        source: ObjectSource,
        publisher: Publisher,
        gateway: str = "default",
        *,
        share: Share = DEFAULT_SHARE,
        require_policy: bool = False,
        grants: GrantsStore | None = None,
        listeners: Iterable[Listener] = (),
    ) -> None:
        self._source = source
        self._publisher = publisher
        self._grants = grants
        kept = grants.read() if grants else None
        self._build = GatewayBuild(gateway, kept, share, listeners, require_policy=require_policy)
        self._published = ""

    async def run(self, rebuilt: Callable[[RebuildResult], None], failed: Callable[[Exception], None]) -> None:
        """Rebuild after each change, until cancelled; both are called on the loop."""
        while True:
            await until_quiet(self._source)
            try:
                rebuilt(await self.rebuild())
            except Exception as error:  # noqa: BLE001 # what was published last stays, and the next change may mend it
                failed(error)

    async def rebuild(self) -> RebuildResult:
        """Compile and publish what the source holds now; raises what the publisher raises."""
        return await asyncio.to_thread(self._rebuild, self._source.snapshot())

    def _rebuild(self, objects: tuple[Parsed, ...]) -> RebuildResult:
        built = self._build.run(objects)
        digest = built.encoded.digest
        if self._grants:
            # Before any request is decided by them: what was served once must be remembered.
            self._grants.keep(built.compiled.grants)
        if digest != self._published:
            self._publisher.publish(built.encoded)
            self._published = digest
        return RebuildResult(objects, built.compiled, digest)
