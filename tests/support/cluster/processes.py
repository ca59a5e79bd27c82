"""Starts programs that die with whoever started them, and ends them in order."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

# An API server waits for its watchers, who would wait for ever.
STOP_TIMEOUT_S = 3
POLL_S = 0.05
PR_SET_PDEATHSIG = 1


class NeverReady(Exception):
    """A program ended, or did not become ready in time; the message has the end of its log."""


class Program:
    """One program with its log; it may be started again after it has stopped."""

    def __init__(self, arguments: list[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._arguments = [str(argument) for argument in arguments]
        self._environment = environment or {}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, on loopback and without root, like everything here."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._log.parent,
                env=os.environ | self._environment,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread here
                start_new_session=True,
            )

    def wait_until(self, is_ready: Callable[[], bool], timeout_s: float) -> None:
        """Return once `is_ready`; raises `NeverReady`."""
        end = time.monotonic() + timeout_s
        while not is_ready():
            if not self.is_running or time.monotonic() > end:
                state = f"not ready after {timeout_s:.0f} s" if self.is_running else "ended"
                raise NeverReady(f"{Path(self._arguments[0]).name} {state}: {self.last_words()}")
            time.sleep(POLL_S)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self, *, kill: bool = False) -> None:
        """End it and wait for that; `kill` as a power failure would."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)
        self._process = None

    def last_words(self) -> str:
        """The end of the log."""
        return self._log.read_bytes()[-2000:].decode("utf-8", "replace") if self._log.exists() else ""


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, however it dies."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
