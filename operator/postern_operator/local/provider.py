"""Local mode put together: folders of manifests in, a folder with a snapshot out, and what a data plane makes of it.

The sibling of `cluster.app`.  Starting and stopping the data plane, and words
for people, belong in the command line.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from postern_core.conditions import Programming
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.parse import Parsed
from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_core.snapshot_listeners import Listener
from postern_kit.snapshot_dir import SnapshotDir
from postern_operator.errors import LocalError

from .admin_client import served_digest
from .folder_source import FolderSource, Reading
from .generated_secrets import GeneratedSecrets, state_folder
from .grants_file import GrantsFile
from .issuer_keys import IssuerKeysHere
from .object_conditions import Statuses, statuses
from .object_store import ObjectStore
from .rebuild_loop import RebuildLoop, RebuildResult


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """What is compiled, and for which gateway and its listeners."""

    paths: tuple[Path, ...]
    gateway: str = "default"
    share: Share = DEFAULT_SHARE
    require_policy: bool = False
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """How often the data plane is asked what it serves, in seconds."""

    # A data plane that takes longer is worth a word: objects are then shown as they are, pending.
    patience_s: float = 5.0
    ask_every_s: float = 0.02
    ask_later_every_s: float = 1.0


DEFAULT_TIMING = Timing()


class Reporter(Protocol):
    """Where a provider reports; all calls are on the loop, and an exception from one ends the provider."""

    def read(self, reading: Reading) -> None:
        """Report other files, mistakes or foreign kinds than before."""

    def waiting(self, unread: Sequence[str]) -> None:
        """Report that nothing is served before these files can be read."""

    def secrets_failed(self, message: str) -> None:
        """Report why generated secrets are missing."""

    def reading_failed(self, error: Exception) -> None:
        """Report that the last save could not be read."""

    def rebuild_failed(self, error: Exception) -> None:
        """Report that the last save could not be published."""

    def in_force(self, rebuilt: RebuildResult, after_s: float) -> None:
        """Report that the data plane serves a rebuild."""

    def show(self, statuses: Statuses, problems: Sequence[Problem], origins: Mapping[Ref, str]) -> None:
        """Report the conditions of all objects."""


class LocalProvider:
    """Keeps `folder` at what the manifests say, for one data plane that reads it."""

    def __init__(
        self,
        settings: LocalSettings,
        folder: Path,
        reporter: Reporter,
        *,
        served: Callable[[str, int], Awaitable[str | None]] = served_digest,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        self._reporter = reporter
        self._served = served
        self._timing = timing
        state = state_folder(settings.paths)
        self._folders = FolderSource(settings.paths)
        self._secrets = GeneratedSecrets(state, make=True)
        self._has_other_keys = asyncio.Event()
        self._keys = IssuerKeysHere(state, self._has_other_keys.set)
        self._own: Sequence[Parsed] = ()
        self._placing = asyncio.Lock()
        self._store = ObjectStore()
        self._rebuild_loop = RebuildLoop(
            self._store,
            SnapshotDir(folder),
            settings.gateway,
            share=settings.share,
            require_policy=settings.require_policy,
            grants=GrantsFile(state, settings.gateway),
            listeners=settings.listeners,
        )
        self._reading = Reading()
        self._rebuilt: RebuildResult | None = None
        self._has_rebuilt = asyncio.Event()
        self._noticed_at = 0.0
        # Not before every file could be read once: what one of them protects could be opened by another's wider route.
        self._may_begin = False

    async def begin(self) -> None:
        """Read and publish for the first time; raises `LocalError` for paths that aren't there.

        Keys of issuers that can be had at once are in it, so that the first token is not refused.
        """
        await self._read()
        await self._keys.fetch_first()
        await self._place(self._noticed_at)
        if self._may_begin:
            self._set_rebuilt(await self._rebuild_loop.rebuild())

    async def run(self, admin_address: Callable[[], Awaitable[tuple[str, int]]]) -> None:
        """Read, rebuild and report, until cancelled.

        `admin_address` waits for the data plane to listen, and may be called again after it was cancelled.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            group.create_task(self._keys.run())
            group.create_task(self._watch_keys())
            group.create_task(self._rebuild_loop.run(self._set_rebuilt, self._reporter.rebuild_failed))
            group.create_task(self._report(admin_address, group))

    async def _watch(self) -> None:
        async with contextlib.aclosing(self._folders.changes()) as changes:
            async for _ in changes:
                try:
                    await self._read()
                except BrokenPipeError:
                    raise  # The reader of the reports has gone.
                except Exception as error:  # noqa: BLE001 # what was read last stays, and the next save may mend it
                    self._reporter.reading_failed(error)

    async def _read(self) -> None:
        """Read what has changed, and put it into the store."""
        began = asyncio.get_running_loop().time()
        reading = await asyncio.to_thread(self._folders.read)
        objects = reading.objects
        try:
            objects = await asyncio.to_thread(self._secrets.added_to, reading.objects)
        except LocalError as error:
            self._reporter.secrets_failed(str(error))
        self._may_begin = self._may_begin or not reading.unread
        self._own = objects
        await self._place(began)
        if reading is not self._reading:
            self._reading = reading
            self._reporter.read(reading)
            if not self._may_begin:
                self._reporter.waiting(reading.unread)

    async def _watch_keys(self) -> None:
        while True:
            await self._has_other_keys.wait()
            self._has_other_keys.clear()
            try:
                await self._place(asyncio.get_running_loop().time())
            except Exception as error:  # noqa: BLE001 # what was placed last stays, and the next fetch may mend it
                self._reporter.reading_failed(error)

    async def _place(self, began: float) -> None:
        """Put what was read into the store, with the keys that it asks for."""
        async with self._placing:
            objects = await self._keys.added_to(self._own)
            if (self._may_begin and self._store.replace(objects)) or not self._noticed_at:
                self._noticed_at = began

    def _set_rebuilt(self, rebuilt: RebuildResult) -> None:
        self._rebuilt = rebuilt
        self._has_rebuilt.set()

    async def _report(self, admin_address: Callable[[], Awaitable[tuple[str, int]]], group: asyncio.TaskGroup) -> None:
        """Report of each rebuild whether it is served, and follow the hints of what serves it."""
        try:
            async with asyncio.timeout(self._timing.patience_s):
                admin = await admin_address()
        except TimeoutError:
            if self._rebuilt is not None:
                await self._show(self._rebuilt, Programming.NO_DATA_PLANE)
            admin = await admin_address()
        group.create_task(self._keys.follow_hints(*admin))
        while True:
            await self._has_rebuilt.wait()
            self._has_rebuilt.clear()
            assert self._rebuilt is not None, "set before the event"
            await self._report_one(self._rebuilt, admin)

    async def _report_one(self, rebuilt: RebuildResult, admin: tuple[str, int]) -> None:
        """Ask until the data plane serves this rebuild, or there is another one."""
        clock, timing = asyncio.get_running_loop().time, self._timing
        began, is_shown = clock(), False
        while await self._served(*admin) != rebuilt.digest:
            is_late = clock() - began > timing.patience_s
            if is_late and not is_shown:
                await self._show(rebuilt, Programming.PENDING)
                is_shown = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timing.ask_later_every_s if is_late else timing.ask_every_s):
                    await self._has_rebuilt.wait()
                    return
        self._reporter.in_force(rebuilt, clock() - self._noticed_at)
        await self._show(rebuilt, Programming.PROGRAMMED)

    async def _show(self, rebuilt: RebuildResult, programming: Programming) -> None:
        # A second's work for 100,000 objects, which nothing that serves may wait for.
        found = await asyncio.to_thread(statuses, rebuilt.objects, rebuilt.compiled, programming)
        origins = {parsed.ref: parsed.origin for parsed in rebuilt.objects}
        self._reporter.show(found, rebuilt.compiled.problems, origins)
