"""Keeps what is published at what the store holds: after a moment of quiet, everything is compiled afresh.

Reads as the table of contents of a rebuild.  Where objects come from, where the
bytes go and what is told of it belong in `local`, `publish` and `status`; in a
cluster `Build` and `until_quiet` are the same, and who publishes is another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from postern_core.codec import Encoded, EncodeMemo, encode_snapshot
from postern_core.compile import Compiled, compile_snapshot
from postern_core.grants import Grants
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.link.withholding import Refused, withhold
from postern_core.memo import Memo
from postern_core.parse import Parsed

from .local.object_store import ObjectStore
from .validators import VALIDATORS

# An edit is often several: an editor writes twice, a checkout replaces many files, a controller updates in rounds.
QUIET_S = 0.05
# But with edits that never cease, what is served must not grow old.
HOLD_OFF_MAX_S = 0.5


class Publisher(Protocol):
    """Where snapshots go."""

    def publish(self, encoded: Encoded) -> None:
        """Put a snapshot where its readers look; a thread's work.  Raises for whatever hinders it."""


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What a rebuild gave; `digest` names the snapshot that is published now."""

    objects: tuple[Parsed, ...]
    compiled: Compiled
    digest: str


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a compilation of these objects for one gateway gave, and its bytes.

    `withheld` are the ids of what is left out, because it was refused where it was to be published.
    """

    objects: tuple[Parsed, ...]
    compiled: Compiled
    encoded: Encoded
    withheld: frozenset[str] = frozenset()


class GatewayBuild:
    """Compiles and encodes for one gateway, and remembers what concerns one object alone; one at a time.

    `grants` are those of the latest build; those of an earlier run are set before the first.
    """

    def __init__(self, gateway: str, grants: Grants | None = None, share: Share = DEFAULT_SHARE) -> None:
        self._gateway = gateway
        self._share = share
        self.grants = grants or Grants()
        self._memo = Memo()
        self._encode_memo = EncodeMemo()
        # What was refused where it was to be published; to be replaced, never changed.
        self.refused: Refused = {}

    def of(self, objects: tuple[Parsed, ...]) -> BuildResult:
        """Build afresh; a thread's work."""
        compiled = compile_snapshot(
            objects,
            inspectors=VALIDATORS,
            gateway=self._gateway,
            memo=self._memo,
            share=self._share,
            grants=self.grants,
        )
        self.grants = compiled.grants
        withheld: frozenset[str] = frozenset()
        if refused := self.refused:
            snapshot, withheld = withhold(compiled.snapshot, refused)
            compiled = replace(compiled, snapshot=snapshot)
        return BuildResult(objects, compiled, encode_snapshot(compiled.snapshot, self._encode_memo), withheld)


class KeepsGrants(Protocol):
    """Where grants outlive the process."""

    def read(self) -> Grants:
        """The grants that were kept last, none where none were."""

    def keep(self, grants: Grants) -> None:
        """Keep these instead; a thread's work."""


class ObjectSource(Protocol):
    """What tells of changes; see `store`."""

    async def wait_changed(self) -> None:
        """Wait until something has changed since this was last waited for."""


class Debounce:
    """When a rebuild is due, after news; all times are of one clock, in seconds."""

    def __init__(self, quiet_s: float = QUIET_S, at_most_s: float = HOLD_OFF_MAX_S) -> None:
        self._quiet_s = quiet_s
        self._at_most_s = at_most_s
        self._first: float | None = None
        self._last = 0.0

    def notify(self, now: float) -> None:
        """Note that there is news."""
        self._first = now if self._first is None else self._first
        self._last = now

    def due_in(self, now: float) -> float:
        """How long to wait still; not above 0 when it is time."""
        first = now if self._first is None else self._first
        return min(self._last + self._quiet_s, first + self._at_most_s) - now


class Reconciler:
    """Rebuilds for one gateway; one at a time."""

    def __init__(
        self,
        store: ObjectStore,
        publisher: Publisher,
        gateway: str = "default",
        *,
        share: Share = DEFAULT_SHARE,
        kept: KeepsGrants | None = None,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._kept = kept
        self._build = GatewayBuild(gateway, kept.read() if kept else None, share)
        self._published = ""

    async def run(self, rebuilt: Callable[[RebuildResult], None], failed: Callable[[Exception], None]) -> None:
        """Rebuild at all news, for ever; both are called on the loop."""
        while True:
            await until_quiet(self._store)
            try:
                rebuilt(await self.rebuild())
            except Exception as error:  # noqa: BLE001 # what was published last stays, and the next news may mend it
                failed(error)

    async def rebuild(self) -> RebuildResult:
        """Compile and publish what the store holds now; raises what the publisher raises."""
        return await asyncio.to_thread(self._rebuild, self._store.snapshot())

    def _rebuild(self, objects: tuple[Parsed, ...]) -> RebuildResult:
        built = self._build.of(objects)
        digest = built.encoded.digest
        if self._kept:
            # Before anybody is served by them: what was served once must be remembered.
            self._kept.keep(built.compiled.grants)
        if digest != self._published:
            self._publisher.publish(built.encoded)
            self._published = digest
        return RebuildResult(objects, built.compiled, digest)


async def until_quiet(changing: ObjectSource) -> None:
    """Wait for news, and then until no more of it comes."""
    clock = asyncio.get_running_loop().time
    hold_off = Debounce()
    await changing.wait_changed()
    hold_off.notify(clock())
    while (left_s := hold_off.due_in(clock())) > 0:
        try:
            async with asyncio.timeout(left_s):
                await changing.wait_changed()
        except TimeoutError:
            continue
        hold_off.notify(clock())
