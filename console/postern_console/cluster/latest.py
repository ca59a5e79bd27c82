"""What was read last, read again when it is old: a page waits for that, but not long while what it has will do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, Self, TypeVar

T = TypeVar("T")

# What is younger is not read again.
FRESH_S = 1.0
# How long a page waits, and how old may be what it shows instead.
PATIENCE_S = 0.4
STALE_S = 60.0


class Latest(Generic[T]):
    """Reads at most once at a time; nothing is read while no page is asked for.  A context, which ends the reading."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._value: T | None = None
        self._read_s = float("-inf")
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

    async def get(self) -> T:
        """What is known now; raises what the reading of it has raised."""
        age_s = time.monotonic() - self._read_s
        if self._value is None or age_s >= FRESH_S:
            reading = self._reading or self._tasks.create_task(self._again())
            self._reading = reading
            patience_s = PATIENCE_S if self._value is not None and age_s < STALE_S else None
            await asyncio.wait([reading], timeout=patience_s)
            if reading.done() and (error := reading.result()) is not None:
                raise error
        assert self._value is not None
        return self._value

    async def _again(self) -> Exception | None:
        """Read; an error is returned, for raised here it would end all else."""
        begun_s = time.monotonic()
        try:
            self._value = await self._read()
        except Exception as error:  # noqa: BLE001 # whatever it is, it belongs to who waits for it
            return error
        finally:
            self._reading = None
        self._read_s = begun_s
        return None
