"""What was read last, read again when it is old: a page waits for that, but not long while what it has will do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, Self, TypeVar

T = TypeVar("T")

# What is younger is not read again, and what took long not before several times as long.
FRESH_S = 1.0
FRESH_TIMES = 4
# How long a page waits for one reading, and how old may be what it shows instead.
PATIENCE_S = 0.4
STALE_S = 60.0


class Latest(Generic[T]):
    """Reads at most once at a time; nothing is read while no page is asked for.  A context, which ends the reading."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._value: T | None = None
        self._read_s = self._begun_s = float("-inf")
        self._fresh_s = 0.0
        self._expiries = 0
        self._tasks = asyncio.TaskGroup()
        self._reading: asyncio.Task[Exception | None] | None = None

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reading is not None:
            self._reading.cancel()
        await self._tasks.__aexit__(None, None, None)

    def expire(self) -> None:
        """Let the next page wait for a new reading, however long that takes: something was just changed."""
        self._read_s = float("-inf")
        self._expiries += 1

    async def get(self) -> T:
        """What is known now; raises what the reading of it has raised."""
        now_s = time.monotonic()
        age_s = now_s - self._read_s
        if self._value is None or age_s >= self._fresh_s:
            if self._reading is None:
                self._reading, self._begun_s = self._tasks.create_task(self._again()), now_s
            reading = self._reading
            left_s = max(0.0, self._begun_s + PATIENCE_S - now_s)
            await asyncio.wait([reading], timeout=left_s if self._value is not None and age_s < STALE_S else None)
            if reading.done() and (error := reading.result()) is not None:
                raise error
            if self._read_s == float("-inf"):
                return await self.get()  # It expired while it was read.
        assert self._value is not None
        return self._value

    async def _again(self) -> Exception | None:
        """Read; an error is returned, for raised here it would end all else."""
        expiries = self._expiries
        try:
            self._value = await self._read()
        except Exception as error:  # noqa: BLE001 # whatever it is, it belongs to who waits for it
            return error
        finally:
            self._reading = None
        # What was changed while it was read may be missing.
        self._read_s = self._begun_s if expiries == self._expiries else float("-inf")
        self._fresh_s = max(FRESH_S, (time.monotonic() - self._begun_s) * FRESH_TIMES)
        return None
