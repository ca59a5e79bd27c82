"""The data plane of a run: a process of its own, started, listened to and stopped.

Nothing that serves is imported into this process: what serves in a run is what serves in a cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from postern_dataplane.settings import PREFIX

# Longer than the data plane's own grace for running requests, after which it kills its workers itself.
STOP_S = 45.0
# What a process said last is waited for as long.
LAST_WORDS_S = 1.0
LINE_BYTES_MAX = 2**20
# Of a line that is not of its log, as much as helps.
WORDS_MAX = 500

# Fields of a log line that are not part of what it says.
FRAME = frozenset({"event", "level", "timestamp"})


class DataPlane:
    """A running data plane; `tell` gets what it has to say to people, in words."""

    def __init__(self, process: Process, tell: Callable[[str], None]) -> None:
        self._process = process
        self._tell = tell
        self._addresses: tuple[str, str, str] | None = None
        self._has_started = asyncio.Event()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def started(self) -> tuple[str, str, str]:
        """Wait until it listens; returns the addresses for clients, of its admin port, and for TLS, "" for none."""
        await self._has_started.wait()
        assert self._addresses is not None, "set before the event"
        return self._addresses

    async def ended(self) -> int:
        """Read its output until it ends; returns its exit status, -N for signal N."""
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen())
            status = await self._process.wait()
            with contextlib.suppress(TimeoutError):
                # Its workers may hold the same stream, and be about to end.
                async with asyncio.timeout(LAST_WORDS_S):
                    await listening
        return status

    def stop(self) -> None:
        """Ask it to let running requests end; asked twice, it ends at once."""
        self._signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(STOP_S, self._signal, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def _listen(self) -> None:
        stream = self._process.stderr
        assert stream is not None, "opened as a pipe"
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than any line of ours
                continue
            if not line:
                return
            self._heard(line.decode("utf-8", "replace").rstrip("\n"))

    def _heard(self, line: str) -> None:
        """Take a line of its log: what it has to say to us, or to people."""
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            self._tell(line[:WORDS_MAX])
        elif said.get("event") == "data plane started":
            self._addresses = (str(said.get("listen")), str(said.get("admin")), str(said.get("listen_tls") or ""))
            self._has_started.set()
        elif said.get("level") in ("warning", "error", "critical"):
            self._tell(in_words(said))


def in_words(said: dict[str, Any]) -> str:
    """A line of the log as a sentence, its fields in brackets."""
    fields = ", ".join(f"{name} {value}" for name, value in said.items() if name not in FRAME and value is not None)
    return f"{said.get('event')} ({fields})" if fields else str(said.get("event"))


@contextlib.asynccontextmanager
async def data_plane(arguments: Sequence[str], tell: Callable[[str], None]) -> AsyncIterator[DataPlane]:
    """Start a data plane with these arguments; at the end of the context it has ended."""
    process = await asyncio.create_subprocess_exec(
        # -P: a file in the working directory must not be imported as one of our modules.
        *(sys.executable, "-P", "-m", "postern_dataplane"),
        *("--end-with-stdin", *arguments),
        stdin=PIPE,  # Should we be killed, it ends with this, and is not left behind on our addresses.
        stderr=PIPE,
        limit=LINE_BYTES_MAX,
        # Its settings are the run's alone, which has checked them together.
        env={name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
        start_new_session=True,  # Ctrl-C is for us, and we ask it once to stop.
    )
    running = DataPlane(process, tell)
    try:
        yield running
    finally:
        if process.returncode is None:
            running.stop()
            await process.wait()
