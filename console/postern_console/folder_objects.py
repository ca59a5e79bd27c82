"""The folders of a console, read and compiled again when something has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from postern_cli.load_folders import gateways_of, grants_of, problems_of
from postern_cli.sources import Source
from postern_cli.token import find_credential
from postern_core.codec import encode_snapshot
from postern_core.compile import compile_snapshot
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.parse import Parsed
from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_core.snapshot import Credential, Snapshot
from postern_operator.local.folder_source import SETTLE_ROUNDS, SETTLE_S, FolderSource, Reading
from postern_operator.local.generated_secrets import GeneratedSecrets, state_folder
from postern_operator.local.issuer_keys import with_kept_keys
from postern_operator.validators import VALIDATORS

from .editing.change import Change
from .editing.review import Review, review_of
from .editing.target import FileChange, added_document, changed_document, save
from .local_gateways import LocalGateways
from .object_document import ObjectDocument, document_of
from .permissions import EVERYTHING, Permissions
from .state import ConsoleState, state_of

# Warnings about keys that end soon, and the grants of a running gateway, change without a manifest.
RECHECK_S = 60.0


class FolderObjects:
    """Reads what has changed since the last time; what has not is neither read nor compiled again."""

    def __init__(self, folders: tuple[Path, ...], share: Share = DEFAULT_SHARE) -> None:
        self.folders = folders
        self._share = share
        self.gateways = LocalGateways(folders, self.digest, share)
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

    async def document(self, parsed: Parsed) -> ObjectDocument | None:
        """The manifest of an object as its file has it now."""
        return await asyncio.to_thread(document_of, parsed)

    async def snapshot(self, gateway: str, _: Callable[[Parsed], bool]) -> tuple[Snapshot, tuple[str, ...]]:
        """What a gateway would serve of the folders as they are now, with all of their secrets."""
        await self.state()
        return await asyncio.to_thread(self._compile, gateway), ()

    async def credential(self, ref: Ref) -> Credential:
        """A credential with its keys; a secret that is generated for it is kept from now on."""
        return await asyncio.to_thread(find_credential, self.folders, ref.namespace, ref.name)

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

    async def review(self, changed: Parsed, *beside: Parsed) -> Review:
        """What would be wrong if one object were another, or new."""
        state = await self.state()
        before = [problem for problems in state.problems.values() for problem in problems]
        return await asyncio.to_thread(review_of, (*self._complete, *beside), changed, before, self._problems_of)

    async def permissions(self, _: Ref) -> Permissions:
        """Everything, as far as the files can be written."""
        return EVERYTHING

    async def change(
        self,
        ref: Ref,
        manifest: Mapping[str, Any],
        before: ObjectDocument | None,
        *,
        takes_over: bool,  # noqa: ARG002 # a file has one owner
    ) -> Change:
        """The file as it would be; raises `LocalError` where that can't be done from here."""
        if before is None:
            return await asyncio.to_thread(added_document, self.folders, ref, manifest)
        return await asyncio.to_thread(changed_document, self._state.objects[ref], manifest)

    async def save(self, change: Change) -> None:
        """Write the file; raises `LocalError` where it is not as it was."""
        assert isinstance(change, FileChange)
        await asyncio.to_thread(save, change)

    def _compile(self, gateway: str) -> Snapshot:
        grants = grants_of(Source(self.folders, None), gateway)
        return compile_snapshot(
            self._complete, inspectors=VALIDATORS, gateway=gateway, share=self._share, grants=grants
        ).snapshot

    def _problems_of(self, objects: Sequence[Parsed]) -> tuple[Problem, ...]:
        return problems_of(objects, self._share, Source(self.folders, None))

    def read(self) -> ConsoleState:
        """As `state`, for a thread; one at a time."""
        reading = self._source.read()
        objects = self._secrets.added_to(reading.objects)
        is_known = self._seen is not None and self._seen[0] is reading and self._seen[1] is objects
        if not is_known or time.monotonic() - self._checked_s >= RECHECK_S:
            # Those of the last `postern run`: a console asks no identity provider.
            self._complete, _ = asyncio.run(with_kept_keys(objects, state_folder(self.folders)))
            problems = self._problems_of(self._complete)
            self._state = state_of(reading, problems, self.folders, gateways_of(objects))
            self._seen, self._checked_s = (reading, objects), time.monotonic()
        return self._state
