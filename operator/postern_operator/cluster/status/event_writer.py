"""Writes Events (events.k8s.io/v1): each thing once, and never many at a time.

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

from postern_core.parse import API_VERSION
from postern_operator.cluster.api.reader import Resource
from postern_operator.cluster.api.token_bucket import TokenBucket
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.errors import ClusterError, RefusedError

from .event_rules import EventDraft

log = logging.getLogger("postern.events")

EVENTS = Resource("events.k8s.io/v1", "Event", "events")
CONTROLLER = "postern.dev/operator"

# Of all namespaces together, and of one: a tenant's storm must not drown the others' news.
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
    """Takes news without waiting, and writes what its bounds let through; `instance` names this replica."""

    def __init__(self, writer: Writer, instance: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._writer = writer
        self._instance = instance
        self._now = now
        self._queue: asyncio.Queue[EventDraft] = asyncio.Queue(QUEUE_MAX)
        self._rate = TokenBucket(EVENTS_PER_S, BURST)
        self._paces: OrderedDict[str, TokenBucket] = OrderedDict()
        self._told: OrderedDict[str, _Written] = OrderedDict()
        self.dropped = 0

    def tell(self, news: Iterable[EventDraft]) -> None:
        """Take news; what is too much is dropped."""
        for one in news:
            try:
                self._queue.put_nowait(one)
            except asyncio.QueueFull:
                self.dropped += 1

    async def done(self) -> None:
        """Wait until all that was told is written or dropped."""
        await self._queue.join()

    async def run(self) -> None:
        """Write, for ever."""
        clock = asyncio.get_running_loop().time
        while True:
            one = await self._queue.get()
            try:
                await self._write(one, clock())
            except ClusterError as error:
                self.dropped += 1
                log.warning(
                    "an event can't be written", extra={"fields": {"resource": str(one.ref), "error": str(error)}}
                )
            finally:
                self._queue.task_done()

    async def _write(self, one: EventDraft, clock_s: float) -> None:
        key = _key(one)
        told = self._told.get(key)
        if told is not None and clock_s - told.at_s < REPEAT_S:
            self._told[key] = replace(told, count=told.count + 1)
            return
        if not self._is_within_bounds(one.ref.namespace, clock_s):
            self.dropped += 1
            return
        if told is None or not await self._repeat(told):
            told = await self._create(one, key)
        else:
            told = replace(told, count=told.count + 1)
        self._remember(key, replace(told, at_s=clock_s))

    async def _create(self, one: EventDraft, key: str) -> _Written:
        """Write it for the first time; where another replica has, count on."""
        path = EVENTS.path(one.ref.namespace)
        told = _Written(f"{path}/{_name(one, key)}", 1, 0.0)
        try:
            await self._writer.create(path, self._manifest(one, key))
        except RefusedError as error:
            if error.reason != "AlreadyExists":
                raise
            await self._repeat(told)
            return replace(told, count=2)
        return told

    async def _repeat(self, told: _Written) -> bool:
        """Say that it is so once more; False when the first Event is forgotten already."""
        series = {"count": told.count + 1, "lastObservedTime": _micro(self._now())}
        try:
            await self._writer.merge(told.path, {"series": series})
        except RefusedError as error:
            if error.status != 404:
                raise
            return False
        return True

    def _is_within_bounds(self, namespace: str, clock_s: float) -> bool:
        pace = self._paces.get(namespace) or TokenBucket(NAMESPACE_EVENTS_PER_S, NAMESPACE_BURST)
        self._paces[namespace] = pace
        self._paces.move_to_end(namespace)
        if len(self._paces) > NAMESPACES_MAX:
            self._paces.popitem(last=False)
        return pace.take(clock_s) and self._rate.take(clock_s)

    def _remember(self, key: str, told: _Written) -> None:
        self._told[key] = told
        self._told.move_to_end(key)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

    def _manifest(self, one: EventDraft, key: str) -> dict[str, Any]:
        ref = one.ref
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": _name(one, key), "namespace": ref.namespace},
            "eventTime": _micro(self._now()),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance,
            "action": "Compile",
            "type": one.type,
            "reason": one.reason,
            "note": one.note,
            "regarding": {
                "apiVersion": API_VERSION,
                "kind": ref.kind,
                "namespace": ref.namespace,
                "name": ref.name,
                "uid": one.uid,
            },
        }


def _key(one: EventDraft) -> str:
    """What makes two news the same; as part of the name it keeps replicas from telling twice."""
    return hashlib.sha256(f"{one.uid}\n{one.reason}\n{one.note}".encode()).hexdigest()[:16]


def _name(one: EventDraft, key: str) -> str:
    return f"{one.ref.name[:200].rstrip('.-')}.{key}"


def _micro(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
