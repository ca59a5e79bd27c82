"""The folders of a console, read and compiled again when something has changed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from postern_cli.load_folders import gateways_of, grants_of, problems_of
from postern_cli.sources import Source
from postern_core.codec import encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.parse import Parsed
from postern_core.snapshot import Snapshot
from postern_operator.local.folder_source import SETTLE_ROUNDS, SETTLE_S, FolderSource, Reading
from postern_operator.local.generated_secrets import GeneratedSecrets, state_folder
from postern_operator.local.issuer_keys import with_kept_keys
from postern_operator.validators import VALIDATORS

from .editing.review import Review, review_of
from .state import ConsoleState, state_of

# Warnings about keys that end soon, and the grants of a running gateway, change without a manifest.
RECHECK_S = 60.0


class FolderObjects:
    """Reads what has changed since the last time; what has not is neither read nor compiled again."""

    def __init__(self, folders: tuple[Path, ...], share: Share = DEFAULT_SHARE) -> None:
        self.folders = folders
        self._share = share
        self._source = FolderSource(folders)
        self._secrets = GeneratedSecrets(state_folder(folders), make=False)
        self._lock = asyncio.Lock()
        self._seen: tuple[Reading, tuple[Parsed, ...]] | None = None
        # With the keys of issuers that were fetched.
        self._complete: tuple[Parsed, ...] = ()
        self._checked_s = 0.0
        # Of each gateway, of which objects.
        self._digests: dict[str, tuple[tuple[Parsed, ...], str]] = {}
        self._state = ConsoleState(folders)

    async def state(self) -> ConsoleState:
        """The folders as they are now; raises `LocalError` where they can't be read at all."""
        async with self._lock:
            state = await asyncio.to_thread(self.read)
            for _ in range(SETTLE_ROUNDS):
                if self._source.is_settled:
                    break
                await asyncio.sleep(SETTLE_S)
                state = await asyncio.to_thread(self.read)
            return state

    async def snapshot(self, gateway: str) -> Snapshot:
        """What a gateway would serve of the folders as they are now; it holds secrets, and is for no page."""
        await self.state()
        return await asyncio.to_thread(self._compile, gateway)

    async def digest(self, gateway: str) -> str:
        """By which a gateway's snapshot of the folders as they are now is known; made once for the same objects."""
        await self.state()
        known = self._digests.get(gateway)
        if known is None or known[0] is not self._complete:
            complete = self._complete
            snapshot = await asyncio.to_thread(self._compile, gateway)
            known = (complete, (await asyncio.to_thread(encode_snapshot, snapshot)).digest)
            self._digests[gateway] = known
        return known[1]

    async def review(self, changed: Parsed) -> Review:
        """What would be wrong if one object were another, or new."""
        state = await self.state()
        before = [problem for problems in state.problems.values() for problem in problems]
        source = Source(self.folders, None)
        return await asyncio.to_thread(review_of, self._complete, changed, before, self._share, source)

    def _compile(self, gateway: str) -> Snapshot:
        grants = grants_of(Source(self.folders, None), gateway)
        return compile_snapshot(
            self._complete, inspectors=VALIDATORS, gateway=gateway, share=self._share, grants=grants
        ).snapshot

    def read(self) -> ConsoleState:
        """As `state`, for a thread; one at a time."""
        reading = self._source.read()
        objects = self._secrets.added_to(reading.objects)
        is_known = self._seen is not None and self._seen[0] is reading and self._seen[1] is objects
        if not is_known or time.monotonic() - self._checked_s >= RECHECK_S:
            # Those of the last `postern run`: a console asks no identity provider.
            self._complete, _ = asyncio.run(with_kept_keys(objects, state_folder(self.folders)))
            problems = problems_of(self._complete, self._share, Source(self.folders, None))
            self._state = state_of(reading, problems, self.folders, gateways_of(objects))
            self._seen, self._checked_s = (reading, objects), time.monotonic()
        return self._state
