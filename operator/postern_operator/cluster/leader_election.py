"""Leadership: of several replicas one acts, and a standby takes over when it doesn't any more.

The election is `kubernetes.aio.leaderelection`'s.  Around it stands what that
leaves open: a request that hangs, an API server that is away, a clock that was
set, a lease that is given back at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, V1Lease, V1ObjectMeta
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection.electionconfig import Config
from kubernetes.aio.leaderelection.leaderelection import LeaderElection
from kubernetes.aio.leaderelection.resourcelock.leaselock import LeaseLock

log = logging.getLogger("postern.leader")

LEASE = "postern-operator"
# What the holder of the Lease can't read, as a JSON list of texts.
UNREADABLE = "postern.dev/unreadable"
SHOWN_MAX = 20

# A standby looks every RETRY_S, so it sees a renewal that late, and notices the end of the lease as late again: it
# takes over LEASE_S + 2 * RETRY_S = 12 s after the last renewal at most.
LEASE_S = 10
RETRY_S = 1
# A leader that can't renew stops before another may take over.  Both count from when a renewal was requested.
RENEW_DEADLINE_S = 8
REQUEST_TIMEOUT_S = 3.0

NO_ANSWER = (TimeoutError, aiohttp.ClientError, OSError)


class Leadership:
    """Whether this replica leads, and its part in the election; `identity` must be unique.

    What is `unreadable` is noted on the Lease: a Lease has no status, and people who look at it ask how its holder is.
    """

    def __init__(
        self,
        client: ApiClient,
        namespace: str,
        identity: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        unreadable: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._clock = clock
        self._lock = _Lock(LEASE, namespace, identity, client, clock)
        self._lock.unreadable = unreadable
        self._is_acting = False

    def is_held(self) -> bool:
        """Whether this replica certainly leads: a process that was stopped for longer than a renewal does not."""
        renewed_at_s = self._lock.renewed_at_s
        return self._is_acting and renewed_at_s is not None and self._clock() - renewed_at_s < RENEW_DEADLINE_S

    async def lead(self, act: Callable[[], Awaitable[None]]) -> None:
        """Act while this replica leads, until cancelled; `act` is cancelled when it loses the Lease.

        Raises what `act` raises.  The Lease is released when this is cancelled
        or fails, so that a standby needn't wait for it to expire.
        """
        try:
            while True:
                election = LeaderElection(self._config())
                await election.acquire()
                log.info("leading", extra={"fields": {"identity": self._lock.identity}})
                await self._act_while_leading(election, act)
                log.warning("leading no more", extra={"fields": {"identity": self._lock.identity}})
        finally:
            await self._lock.release()

    async def _act_while_leading(self, election: LeaderElection, act: Callable[[], Awaitable[None]]) -> None:
        self._is_acting = True
        try:
            async with asyncio.TaskGroup() as tasks:
                acting = tasks.create_task(_until_done(act))
                renewing = tasks.create_task(self._renew(election))
                await asyncio.wait({acting, renewing}, return_when=asyncio.FIRST_COMPLETED)
                acting.cancel()
                renewing.cancel()
        except BaseExceptionGroup as group:
            raise _innermost(group) from None
        finally:
            self._is_acting = False

    async def _renew(self, election: LeaderElection) -> None:
        """Renew until that fails for too long, or until too long has passed whatever the wall clock says."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(election.renew_loop())
            try:
                while not task.done() and self.is_held():
                    await asyncio.wait({task}, timeout=RETRY_S / 2)
            finally:
                await _end(task)

    def _config(self) -> Config:
        # Its callbacks aren't used: `LeaderElection.run` neither awaits nor watches what it starts.
        return Config(self._lock, LEASE_S, RENEW_DEADLINE_S, RETRY_S, _nothing, _nothing)


class _Lock(LeaseLock):
    """A LeaseLock whose requests end in time, and whose failures never break the election.

    `renewed_at_s` is when the latest renewal was asked for, None before the first.
    """

    def __init__(self, name: str, namespace: str, identity: str, client: ApiClient, clock: Callable[[], float]) -> None:
        super().__init__(name, namespace, identity, client)
        self._clock = clock
        self.renewed_at_s: float | None = None
        self.unreadable: Callable[[], Collection[str]] = tuple

    async def get(self, name: str, namespace: str) -> Any:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                return await super().get(name, namespace)
        except NO_ANSWER as error:
            # The election reads `reason` of what it is given.
            return False, ApiException(status=0, reason=type(error).__name__)

    async def create(self, name: str, namespace: str, election_record: Any) -> bool:
        # LeaseLock's own passes `pretty=True`, which the client of kubernetes 37.0.2 refuses: it wants a text.
        body = V1Lease(metadata=V1ObjectMeta(name=name), spec=self.update_lease(election_record))
        return await self._noting_when(self._create(namespace, body))

    async def update(self, name: str, namespace: str, updated_record: Any) -> bool:
        if self.lease_reference is not None and self.lease_reference.metadata is not None:
            _note_unreadable(self.lease_reference.metadata, self.unreadable())
        return await self._noting_when(super().update(name, namespace, updated_record))

    async def release(self) -> None:
        """Give up the Lease, if this replica holds it; a failure only makes the next leader wait."""
        self.renewed_at_s = None
        with contextlib.suppress(ApiException, *NO_ANSWER):
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                lease = await self.api_instance.read_namespaced_lease(self.name, self.namespace)
                if lease.spec is None or lease.spec.holder_identity != self.identity:
                    return
                lease.spec.holder_identity = ""
                # With the resourceVersion that was read: who has taken over since is left alone.
                await self.api_instance.replace_namespaced_lease(self.name, self.namespace, lease)

    async def _create(self, namespace: str, body: V1Lease) -> bool:
        try:
            await self.api_instance.create_namespaced_lease(namespace, body)
        except ApiException:
            return False
        return True

    async def _noting_when(self, request: Awaitable[bool]) -> bool:
        asked_at_s = self._clock()
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                is_done = await request
        except NO_ANSWER:
            return False
        if is_done:
            self.renewed_at_s = asked_at_s
        return is_done


def _note_unreadable(metadata: V1ObjectMeta, unreadable: Collection[str]) -> None:
    """Note on the Lease what its holder can't read, or take that off."""
    annotations = dict(metadata.annotations or {})
    annotations.pop(UNREADABLE, None)
    if unreadable:
        shown = sorted(unreadable)[:SHOWN_MAX]
        more = len(unreadable) - len(shown)
        annotations[UNREADABLE] = json.dumps(shown + ([f"and {more} more"] if more else []))
    metadata.annotations = annotations


def _innermost(group: BaseExceptionGroup) -> BaseException:
    """The first that went wrong."""
    first = group.exceptions[0]
    return _innermost(first) if isinstance(first, BaseExceptionGroup) else first


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended: if a request took one for a failure, renewals would go on for good."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=RETRY_S)


async def _until_done(act: Callable[[], Awaitable[None]]) -> None:
    await act()


async def _nothing() -> None:
    """Be a callback."""
