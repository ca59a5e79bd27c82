"""One run, from the first reading of the manifests to the end of the data plane.

Ties together what the operator and the data plane do each for themselves, and
tells people about it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from postern_core.conditions import Programming
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_kit.stop_signals import STOP_SIGNALS, on_stop_signal
from postern_operator.errors import LocalError
from postern_operator.local.admin_client import served_digest
from postern_operator.local.directory_publisher import DirectoryPublisher
from postern_operator.local.folder_source import FolderSource, Reading
from postern_operator.local.generated_secrets import GeneratedSecrets, state_folder
from postern_operator.local.grants_file import GrantsFile
from postern_operator.local.object_conditions import statuses
from postern_operator.local.object_store import ObjectStore
from postern_operator.local.rebuild_loop import RebuildLoop, RebuildResult

from .console_reporter import ConsoleReporter
from .data_plane_process import DataPlane, data_plane

# A data plane that takes longer is worth a word: objects are then shown as they are, pending.
PATIENCE_S = 5.0
ASK_EVERY_S = 0.02
ASK_LATER_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What a run is told; `arguments` go to the data plane as they are."""

    paths: tuple[Path, ...]
    gateway: str
    arguments: tuple[str, ...]
    share: Share = DEFAULT_SHARE


class Session:
    """One run."""

    def __init__(self, settings: SessionSettings, teller: ConsoleReporter | None = None) -> None:
        self._settings = settings
        self._teller = teller or ConsoleReporter()
        self._folders = FolderSource(settings.paths)
        self._secrets = GeneratedSecrets(state_folder(settings.paths), make=True)
        self._store = ObjectStore()
        self._reading = Reading()
        self._rebuilt: RebuildResult | None = None
        self._has_rebuilt = asyncio.Event()
        self._noticed_at = 0.0
        self._is_stopping = False
        # Not before every file could be read once: what one of them protects could be opened by another's wider route.
        self._may_begin = False

    async def run(self) -> int:
        """Serve until the data plane ends, by our signal or of itself; gives the exit status.

        Raises `LocalError` for paths that aren't there.
        """
        with tempfile.TemporaryDirectory(prefix="postern-") as folder:
            settings, publisher = self._settings, DirectoryPublisher(Path(folder))
            kept = GrantsFile(state_folder(settings.paths), settings.gateway)
            rebuild_loop = RebuildLoop(self._store, publisher, settings.gateway, share=settings.share, grants=kept)
            await self._read()
            if self._may_begin:
                self._take(await rebuild_loop.rebuild())
            arguments = ("--config", folder, *self._settings.arguments)
            async with data_plane(arguments, self._teller.data_plane_says) as running:
                with on_stop_signal(partial(self._stop, running), _stop_signals()):
                    status = await self._until_end(rebuild_loop, running)
        return self._exit_status(status)

    async def _until_end(self, rebuild_loop: RebuildLoop, running: DataPlane) -> int:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._watch()),
                    group.create_task(rebuild_loop.run(self._take, self._teller.rebuild_failed)),
                    group.create_task(self._report(running)),
                ]
                status = await running.ended()
                for task in tasks:
                    task.cancel()
        except BaseExceptionGroup as group_of_errors:
            # Whoever called knows what to do with the one, as with a reader that has gone.
            raise group_of_errors.exceptions[0] from None
        return status

    async def _watch(self) -> None:
        async with contextlib.aclosing(self._folders.changes()) as changes:
            async for _ in changes:
                try:
                    await self._read()
                except BrokenPipeError:
                    raise  # Nobody reads what we say any more.
                except Exception as error:  # noqa: BLE001 # what was read last stays, and the next save may mend it
                    self._teller.reading_failed(error)

    async def _read(self) -> None:
        """Read what has changed, and hand it to the store."""
        began = asyncio.get_running_loop().time()
        reading = await asyncio.to_thread(self._folders.read)
        objects = reading.objects
        try:
            objects = await asyncio.to_thread(self._secrets.added_to, reading.objects)
        except LocalError as error:
            self._teller.secrets_failed(str(error))
        self._may_begin = self._may_begin or not reading.unread
        if (self._may_begin and self._store.replace(objects)) or not self._noticed_at:
            self._noticed_at = began
        if reading is not self._reading:
            self._reading = reading
            self._teller.read(reading)
            if not self._may_begin:
                self._teller.waiting(reading.unread)

    def _take(self, rebuilt: RebuildResult) -> None:
        self._rebuilt = rebuilt
        self._has_rebuilt.set()

    async def _report(self, running: DataPlane) -> None:
        """Tell of each rebuild what has become of it."""
        admin = await self._admin_of(running)
        while True:
            await self._has_rebuilt.wait()
            self._has_rebuilt.clear()
            assert self._rebuilt is not None, "set before the event"
            await self._report_one(self._rebuilt, admin)

    async def _admin_of(self, running: DataPlane) -> tuple[str, int]:
        """Wait until the data plane listens; gives its admin port."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                listen, admin = await running.started()
        except TimeoutError:
            if self._rebuilt is not None:
                await self._show(self._rebuilt, Programming.NO_DATA_PLANE)
            listen, admin = await running.started()
        self._teller.serving(listen, admin)
        host, _, port = admin.rpartition(":")
        return host.strip("[]"), int(port)

    async def _report_one(self, rebuilt: RebuildResult, admin: tuple[str, int]) -> None:
        """Ask until the data plane serves this rebuild, or there is another one."""
        clock = asyncio.get_running_loop().time
        began, is_told = clock(), False
        while await served_digest(*admin) != rebuilt.digest:
            is_late = clock() - began > PATIENCE_S
            if is_late and not is_told:
                await self._show(rebuilt, Programming.PENDING)
                is_told = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ASK_LATER_EVERY_S if is_late else ASK_EVERY_S):
                    await self._has_rebuilt.wait()
                    return
        self._teller.in_force(rebuilt, clock() - self._noticed_at)
        await self._show(rebuilt, Programming.PROGRAMMED)

    async def _show(self, rebuilt: RebuildResult, programming: Programming) -> None:
        # A second's work for 100,000 objects, which nothing that serves may wait for.
        told = await asyncio.to_thread(statuses, rebuilt.objects, rebuilt.compiled, programming)
        origins = {parsed.ref: parsed.origin for parsed in rebuilt.objects}
        self._teller.show(told, rebuilt.compiled.problems, origins)

    def _stop(self, running: DataPlane) -> None:
        if not self._is_stopping:
            self._teller.stopping()
        self._is_stopping = True
        running.stop()

    def _exit_status(self, status: int) -> int:
        if self._is_stopping:
            return 0
        self._teller.data_plane_ended(status)
        return status if status >= 0 else 128 - status


def _stop_signals() -> tuple[signal.Signals, ...]:
    """The signals that stop a run: SIGHUP too, unless it is ignored already (`nohup`)."""
    hears_hangup = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return (*STOP_SIGNALS, signal.SIGHUP) if hears_hangup else STOP_SIGNALS
