"""Writes Events (events.k8s.io/v1): each once, and never many at a time.

An Event is a convenience; what counts is in the status.  So one that can't be
written now is dropped and counted, and never holds anything up.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from postern_kit.timestamps import rfc3339
from postern_operator.cluster.api.reader import Resource
from postern_operator.cluster.api.resource_types import RESOURCES_WITH_STATUS
from postern_operator.cluster.api.token_bucket import TokenBucket
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import ClusterError, RefusedError
from postern_operator.cluster.metrics import Metrics

from .event_rules import EventDraft

log = logging.getLogger("postern.events")

EVENTS = Resource("events.k8s.io/v1", "Event", "events")
CONTROLLER = "postern.dev/operator"

# Of all namespaces together, and of one: a tenant's storm must not drown the others' Events.
EVENTS_PER_S = 10
BURST = 100
NAMESPACE_EVENTS_PER_S = 1
NAMESPACE_BURST = 25
NAMESPACES_MAX = 10_000

# The same once more is only counted, and the count written this often at most.
REPEAT_S = 300.0
REMEMBERED = 10_000
QUEUE_MAX = 1000


@dataclass(frozen=True, slots=True)
class _Written:
    """An Event that was written: where, how often it was due, and when that was last said."""

    path: str
    count: int
    at_s: float


class EventWriter:
    """Queues drafts without waiting, and writes what its bounds let through; `instance` names this replica."""

    def __init__(
        self, writer: Writer, instance: str, metrics: Metrics, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._writer = writer
        self._instance = instance
        self._now = now
        self._queue: asyncio.Queue[EventDraft] = asyncio.Queue(QUEUE_MAX)
        self._rate = TokenBucket(EVENTS_PER_S, BURST)
        self._rates: OrderedDict[str, TokenBucket] = OrderedDict()
        self._written: OrderedDict[str, _Written] = OrderedDict()
        self._dropped = metrics.events_dropped

    def enqueue(self, drafts: Iterable[EventDraft]) -> None:
        """Queue drafts; those that the queue has no room for are dropped."""
        for draft in drafts:
            try:
                self._queue.put_nowait(draft)
            except asyncio.QueueFull:
                self._dropped.inc()

    async def run(self) -> None:
        """Write, until cancelled."""
        while True:
            await self._write_or_drop(await self._queue.get())

    async def _write_or_drop(self, draft: EventDraft) -> None:
        try:
            await self._write(draft, asyncio.get_running_loop().time())
        except ClusterError as error:
            self._dropped.inc()
            fields = {"resource": str(draft.ref), "error": str(error)}
            log.warning("an event can't be written", extra={"fields": fields})

    async def _write(self, one: EventDraft, clock_s: float) -> None:
        key = _key(one)
        written = self._written.get(key)
        if written is not None and clock_s - written.at_s < REPEAT_S:
            self._written[key] = replace(written, count=written.count + 1)
            return
        if not self._is_within_bounds(one.ref.namespace, clock_s):
            self._dropped.inc()
            return
        if written is None or not await self._repeat(written):
            written = await self._create(one, key)
        else:
            written = replace(written, count=written.count + 1)
        self._remember(key, replace(written, at_s=clock_s))

    async def _create(self, one: EventDraft, key: str) -> _Written:
        """Write an Event for the first time; where another replica has, count on."""
        path = EVENTS.path(one.ref.namespace)
        written = _Written(f"{path}/{_name(one, key)}", 1, 0.0)
        try:
            await self._writer.create(path, self._manifest(one, key))
        except RefusedError as error:
            if error.reason != "AlreadyExists":
                raise
            await self._repeat(written)
            return replace(written, count=2)
        return written

    async def _repeat(self, written: _Written) -> bool:
        """Count an Event once more; returns False when the API server has removed it already."""
        series = {"count": written.count + 1, "lastObservedTime": rfc3339(self._now(), "microseconds")}
        try:
            await self._writer.merge(written.path, {"series": series})
        except RefusedError as error:
            if error.status != 404:
                raise
            return False
        return True

    def _is_within_bounds(self, namespace: str, clock_s: float) -> bool:
        rate = self._rates.get(namespace) or TokenBucket(NAMESPACE_EVENTS_PER_S, NAMESPACE_BURST)
        self._rates[namespace] = rate
        self._rates.move_to_end(namespace)
        if len(self._rates) > NAMESPACES_MAX:
            self._rates.popitem(last=False)
        return rate.take(clock_s) and self._rate.take(clock_s)

    def _remember(self, key: str, written: _Written) -> None:
        self._written[key] = written
        self._written.move_to_end(key)
        if len(self._written) > REMEMBERED:
            self._written.popitem(last=False)

    def _manifest(self, one: EventDraft, key: str) -> dict[str, Any]:
        ref = one.ref
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": _name(one, key), "namespace": ref.namespace},
            "eventTime": rfc3339(self._now(), "microseconds"),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance,
            "action": "Compile",
            "type": one.type,
            "reason": one.reason,
            "note": one.note,
            "regarding": {
                "apiVersion": RESOURCES_WITH_STATUS[ref.kind].api_version,
                "kind": ref.kind,
                "namespace": ref.namespace,
                "name": ref.name,
                "uid": one.uid,
            },
        }


def _key(one: EventDraft) -> str:
    """Return what makes two drafts the same; as part of the name it keeps replicas from writing two Events."""
    return hashlib.sha256(f"{one.uid}\n{one.reason}\n{one.note}".encode()).hexdigest()[:16]


def _name(one: EventDraft, key: str) -> str:
    return f"{one.ref.name[:200].rstrip('.-')}.{key}"
