"""One gateway's build: objects in, a snapshot and its bytes out; and when the next one is due.

Both providers, `local` and `cluster`, build with it.  Where objects come from
and where the bytes go belongs in them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Protocol

from msgspec import structs

from postern_core.codec import Encoded, EncodeMemo, encode_snapshot
from postern_core.compile import Compiled, compile_snapshot
from postern_core.grants import Grants
from postern_core.link.retained import NOTHING
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.link.withholding import Refused, withhold
from postern_core.memo import Memo
from postern_core.parse import Parsed
from postern_core.snapshot_listeners import Listener

from .validators import VALIDATORS

# An edit is often several: an editor writes twice, a checkout replaces many files, a controller updates in rounds.
QUIET_S = 0.05
# But while edits keep coming, what is served must not grow old.
HOLD_OFF_MAX_S = 0.5


class ObjectSource(Protocol):
    """What a provider keeps of its objects, and whether they have changed."""

    async def wait_changed(self) -> None:
        """Wait for a change since the last `snapshot`, or since this returned last."""

    def snapshot(self) -> tuple[Parsed, ...]:
        """Return all objects to compile; the changes so far count as seen."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What these objects compile to for one gateway, and its bytes.

    `withheld` are the ids of the entries that are left out, because they were refused where they were to be published.
    One that `is_limited` has rate limits; `pods` is by how many its index divides them, 0 before that is known.
    """

    objects: tuple[Parsed, ...]
    compiled: Compiled
    encoded: Encoded
    withheld: frozenset[str] = frozenset()
    is_limited: bool = False
    pods: int = 0


class GatewayBuild:
    """Compiles and encodes for one gateway, and remembers what concerns one object alone; one at a time.

    `gateways` are the names of all, where they are known.
    `grants` are those of the latest build; those of an earlier run are set before the first.
    """

    def __init__(
        self,
        gateway: str,
        grants: Grants | None = None,
        share: Share = DEFAULT_SHARE,
        listeners: Iterable[Listener] = (),
        *,
        require_policy: bool = False,
        gateways: Collection[str] = (),
    ) -> None:
        self._gateway = gateway
        self._gateways = gateways
        self._listeners = tuple(sorted(listeners, key=attrgetter("id")))
        self._share = share
        self._require_policy = require_policy
        self.grants = grants or Grants()
        self._memo = Memo()
        self._encode_memo = EncodeMemo()
        # What was refused where it was to be published; to be replaced, never changed.
        self.refused: Refused = {}
        # What is served as it was published, because it can't be read now.
        self.retained = NOTHING

    def run(self, objects: tuple[Parsed, ...]) -> BuildResult:
        """Build afresh; a thread's work."""
        retained = self.retained
        objects = retained.others(objects) if retained else objects
        compiled = compile_snapshot(
            objects,
            inspectors=VALIDATORS,
            gateway=self._gateway,
            gateways=self._gateways,
            memo=self._memo,
            share=self._share,
            grants=self.grants,
            now_s=time.time(),
            retained=retained,
            require_policy=self._require_policy,
        )
        self.grants = compiled.grants
        if self._listeners:
            compiled = replace(compiled, snapshot=structs.replace(compiled.snapshot, listeners=self._listeners))
        withheld: frozenset[str] = frozenset()
        if refused := self.refused:
            snapshot, withheld = withhold(compiled.snapshot, refused)
            compiled = replace(compiled, snapshot=snapshot)
        is_limited = any(route.rate_limits for route in compiled.snapshot.routes)
        encoded = encode_snapshot(compiled.snapshot, self._encode_memo)
        return BuildResult(objects, compiled, encoded, withheld, is_limited)


class Debounce:
    """When a build is due after a change; all times are of one clock, in seconds."""

    def __init__(self, quiet_s: float = QUIET_S, at_most_s: float = HOLD_OFF_MAX_S) -> None:
        self._quiet_s = quiet_s
        self._at_most_s = at_most_s
        self._first: float | None = None
        self._last = 0.0

    def notify(self, now: float) -> None:
        """Note a change."""
        self._first = now if self._first is None else self._first
        self._last = now

    def due_in(self, now: float) -> float:
        """Return how long to wait still; not above 0 when it is time."""
        first = now if self._first is None else self._first
        return min(self._last + self._quiet_s, first + self._at_most_s) - now


async def until_quiet(source: ObjectSource) -> None:
    """Wait for a change, and then until changes pause."""
    clock = asyncio.get_running_loop().time
    debounce = Debounce()
    await source.wait_changed()
    debounce.notify(clock())
    while (left_s := debounce.due_in(clock())) > 0:
        try:
            async with asyncio.timeout(left_s):
                await source.wait_changed()
        except TimeoutError:
            continue
        debounce.notify(clock())
