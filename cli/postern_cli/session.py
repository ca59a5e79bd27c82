"""One run: starts the data plane on what `postern_operator.local.provider` publishes, reports, and stops both."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.snapshot_listeners import Listener
from postern_kit.stop_signals import STOP_SIGNALS, on_stop_signal
from postern_operator.local.generated_secrets import state_folder
from postern_operator.local.provider import LocalProvider, LocalSettings

from .console_reporter import ConsoleReporter
from .data_plane_process import DataPlane, data_plane
from .running_gateways import Announcement


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What a run serves; `arguments` go to the data plane as they are."""

    paths: tuple[Path, ...]
    gateway: str
    arguments: tuple[str, ...]
    share: Share = DEFAULT_SHARE
    require_policy: bool = False
    listeners: tuple[Listener, ...] = ()

    @property
    def compiled_with(self) -> str:
        """The same text for the same options of the compiler."""
        return hashlib.sha256(repr((self.share, self.require_policy, self.listeners)).encode()).hexdigest()


class Session:
    """One run."""

    def __init__(self, settings: SessionSettings, reporter: ConsoleReporter | None = None) -> None:
        self._settings = settings
        self._reporter = reporter or ConsoleReporter()
        self._is_stopping = False
        self._announcement = Announcement(state_folder(settings.paths), settings.gateway)

    async def run(self, *, hears_signals: bool = True) -> int:
        """Serve until the data plane ends, by a signal or of itself; returns the exit status.

        Raises `LocalError` for paths that aren't there.  Without `hears_signals` it is stopped by cancelling it.
        """
        given = self._settings
        settings = LocalSettings(given.paths, given.gateway, given.share, given.require_policy, given.listeners)
        with tempfile.TemporaryDirectory(prefix="postern-") as folder:
            provider = LocalProvider(settings, Path(folder), self._reporter)
            await provider.begin()
            arguments = ("--config", folder, *self._settings.arguments)
            async with data_plane(arguments, self._reporter.data_plane_says) as running:
                signals = _stop_signals() if hears_signals else ()
                with on_stop_signal(partial(self._stop, running), signals), self._announcement:
                    status = await self._until_end(provider, running)
        return self._exit_status(status)

    async def _until_end(self, provider: LocalProvider, running: DataPlane) -> int:
        try:
            async with asyncio.TaskGroup() as group:
                providing = group.create_task(provider.run(partial(self._admin_address, running)))
                status = await running.ended()
                providing.cancel()
        except BaseExceptionGroup as group_of_errors:
            raise _first(group_of_errors) from None
        return status

    async def _admin_address(self, running: DataPlane) -> tuple[str, int]:
        """Wait until the data plane listens, and say where."""
        listen, admin, listen_tls = await running.started()
        self._announcement.say(listen, admin, self._settings.compiled_with)
        self._reporter.serving(listen, admin, listen_tls)
        host, _, port = admin.rpartition(":")
        return host.strip("[]"), int(port)

    def _stop(self, running: DataPlane) -> None:
        if not self._is_stopping:
            self._reporter.stopping()
        self._is_stopping = True
        running.stop()

    def _exit_status(self, status: int) -> int:
        if self._is_stopping:
            return 0
        self._reporter.data_plane_ended(status)
        return status if status >= 0 else 128 - status


def _first(error: BaseException) -> BaseException:
    """Return what the first failed task raised: the caller handles single errors, such as a closed pipe."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that stop a run: SIGHUP too, unless it is ignored already (`nohup`)."""
    hears_hangup = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return (*STOP_SIGNALS, signal.SIGHUP) if hears_hangup else STOP_SIGNALS
