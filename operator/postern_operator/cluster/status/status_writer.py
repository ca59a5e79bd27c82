"""Writes statuses, slowly enough for the API server and those in trouble first.

The desired statuses are set anew after each change, and only the latest counts: an
object that changes often is written once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from postern_core.ref import Ref
from postern_kit.backoff import Backoff
from postern_operator.cluster.api.resource_types import RESOURCES_WITH_STATUS
from postern_operator.cluster.api.token_bucket import TokenBucket
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import ClusterError, NotLeadingError, RefusedError

from .desired_status import StatusChange

log = logging.getLogger("postern.status")

# A first start with 10,000 routes tells them all within two minutes and leaves the server to others; what changes
# later is far below the burst.
WRITES_PER_S = 100
BURST = 200
WRITES_AT_ONCE = 8


class StatusWriter:
    """What is still to be written, and the tasks that write it.

    `written` takes each object as the API server has it then, so that it isn't found different once more.
    """

    def __init__(
        self, writer: Writer, written: Callable[[dict[str, Any]], object], pace: TokenBucket | None = None
    ) -> None:
        self._writer = writer
        self._written = written
        self._rate = pace or TokenBucket(WRITES_PER_S, BURST)
        self._backoff = Backoff()
        self._waiting: dict[Ref, StatusChange] = {}
        self._in_flight: dict[Ref, StatusChange] = {}
        self._refused: dict[Ref, StatusChange] = {}
        self._has_waiting = asyncio.Event()

    def set_desired(self, changes: Iterable[StatusChange]) -> None:
        """Replace all changes that wait; the call follows the comparison without awaiting in between."""
        by_ref = {change.ref: change for change in changes}
        self._refused = {ref: it for ref, it in self._refused.items() if _is_same(by_ref.get(ref), it)}
        wanted = (
            change
            for ref, change in by_ref.items()
            if ref not in self._refused and not _is_same(self._in_flight.get(ref), change)
        )
        # Stable: otherwise in the order that they came.
        self._waiting = {change.ref: change for change in sorted(wanted, key=lambda it: not it.is_trouble)}
        if self._waiting:
            self._has_waiting.set()

    @property
    def waiting(self) -> int:
        """How many statuses are still to be written; a metric."""
        return len(self._waiting) + len(self._in_flight)

    async def run(self) -> None:
        """Write, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WRITES_AT_ONCE):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await self._has_waiting.wait()
            if not self._rate.take(clock()):
                await asyncio.sleep(self._rate.next_in(clock()))
            elif change := self._next():
                await self._write(change)

    def _next(self) -> StatusChange | None:
        """Return the next change of an object that is not being written."""
        ref = next((ref for ref in self._waiting if ref not in self._in_flight), None)
        if ref is None:
            self._has_waiting.clear()
            return None
        return self._waiting.pop(ref)

    async def _write(self, change: StatusChange) -> None:
        """Write one; a failure puts it back, or gives it up."""
        self._in_flight[change.ref] = change
        pause_s = 0.0
        try:
            self._written(await self._writer.apply(_path(change.ref), _manifest(change)))
            self._backoff.succeeded()
        except ClusterError as error:
            pause_s = self._failed(change, error)
        finally:
            del self._in_flight[change.ref]
            if self._waiting:
                self._has_waiting.set()
        await asyncio.sleep(pause_s)

    def _failed(self, change: StatusChange, error: ClusterError) -> float:
        """Decide what becomes of a status that couldn't be written; returns how long to pause."""
        if isinstance(error, NotLeadingError):
            return 0.0  # The leader writes it.
        if isinstance(error, RefusedError) and error.status == 404:
            return 0.0  # The object is gone: the watch will say so.
        if isinstance(error, RefusedError) and error.is_lasting:
            self._refused[change.ref] = change
            log.error("a status was refused", extra={"fields": {"resource": str(change.ref), "error": str(error)}})
            return 0.0
        self._waiting.setdefault(change.ref, change)
        asked_s = error.retry_after_s if isinstance(error, RefusedError) else None
        pause_s = max(self._backoff.next_s(), asked_s or 0.0)
        if self._backoff.failures == 1:
            log.warning("statuses can't be written", extra={"fields": {"error": str(error)}})
        return pause_s


def _path(ref: Ref) -> str:
    return f"{RESOURCES_WITH_STATUS[ref.kind].path(ref.namespace, ref.name)}/status"


def _manifest(change: StatusChange) -> dict[str, Any]:
    ref = change.ref
    # The server compares no uid here: an object that has just replaced this one gets the old state, and its own a
    # moment later, after the watch has seen it.  A resourceVersion would refuse too much.
    metadata = {"name": ref.name, "namespace": ref.namespace}
    api_version = RESOURCES_WITH_STATUS[ref.kind].api_version
    return {"apiVersion": api_version, "kind": ref.kind, "metadata": metadata, "status": dict(change.status)}


def _is_same(one: StatusChange | None, other: StatusChange) -> bool:
    """Whether two say the same, whenever they were made."""
    return one is not None and (one.uid, _without_times(one)) == (other.uid, _without_times(other))


def _without_times(change: StatusChange) -> dict[str, Any]:
    conditions = [{**it, "lastTransitionTime": None} for it in change.status.get("conditions", ())]
    return {**change.status, "conditions": conditions}
