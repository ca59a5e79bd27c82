"""Which connection a request gets, and how often it may try to get one."""

from __future__ import annotations

import asyncio
from typing import Protocol

from postern_dataplane.telemetry.definitions import UPSTREAM_ERRORS
from postern_dataplane.telemetry.events import Observer

from .connect_failure import connect_failure
from .connection import UpstreamConnection
from .dial_policy import AddressRefused
from .load_balancer import Host
from .pool import ConnectionPool

# RFC 8305, section 5: a delay of 250 milliseconds is recommended before another connection attempt begins.
RACE_AFTER_S = 0.25
# What comes of the attempts to connect that one request makes.
Outcomes = asyncio.Queue[UpstreamConnection | OSError]

# RFC 9110, section 9.2.2, less TRACE, which is refused.
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class Resendable(Protocol):
    """A body of which what was sent may be kept."""

    def rewind(self) -> bool:
        """Bring all back that was sent; returns False where it is not kept."""


class RetryState:
    """The attempts of one request at its upstream."""

    __slots__ = ("_address", "_left", "_observer", "_tried", "pool")

    def __init__(self, pool: ConnectionPool, observer: Observer) -> None:
        self.pool = pool
        self._observer = observer
        self._left = pool.upstream.backend.retry_attempts
        self._address: Host | None = None
        self._tried: list[Host] = []

    def idle_connection(self, now: float) -> UpstreamConnection | None:
        """A connection that is there already to the address whose turn it is."""
        self._address = self.pool.next_host(now)
        return None if self._address is None else self.pool.idle_connection(self._address, now)

    async def connect(self) -> UpstreamConnection:
        """Connect, to another address if one fails or is late and attempts are left; raises the last OSError."""
        address, self._address = self._address, None
        outcomes = Outcomes()
        running = self._begin(address, outcomes)
        while True:
            # Of an address that is gone nothing comes back at all, and another may be there.
            has_others = self._left > 0 and self.pool.has_several_hosts
            outcome = await _first(outcomes, RACE_AFTER_S if has_others and running == 1 else None)
            if isinstance(outcome, UpstreamConnection):
                if running > 1:
                    self._rest_others(outcome)
                    self.pool.tasks.start(self._keep_late(outcomes), "keep a late connection")
                return outcome
            running -= outcome is not None
            if outcome is not None and running == 0 and self._left <= 0:
                raise outcome
            if running == 0 or outcome is None:
                self._left -= 1
                running += self._begin(None, outcomes)

    def _begin(self, address: Host | None, outcomes: Outcomes) -> int:
        self.pool.tasks.start(self._try(address, outcomes), "try an address")
        return 1

    async def _try(self, address: Host | None, outcomes: Outcomes) -> None:
        try:
            outcomes.put_nowait(await self.pool.connect(address, self._tried))
        except OSError as error:
            self.note(connect_failure(error))
            if isinstance(error, AddressRefused):
                self._left = 0  # none of its addresses may be connected to, and the next attempt finds no other
            outcomes.put_nowait(error)

    def _rest_others(self, winner: UpstreamConnection) -> None:
        """Let what was overtaken rest, so that few requests wait for it; it is back as soon as it does connect."""
        for host in self._tried:
            if host is not winner.host:
                host.failed(asyncio.get_running_loop().time())

    async def _keep_late(self, outcomes: Outcomes) -> None:
        """Keep the connection that has lost the race, for it costs nothing any more."""
        late = await outcomes.get()
        if isinstance(late, UpstreamConnection):
            self.pool.keep(late, asyncio.get_running_loop().time())

    def may_retry(self, kind: str, method: str, body: Resendable | None) -> bool:
        """Whether a request is sent once more, after a connection that failed in this way without an answer.

        An address that broke a new connection has been tried; one that let an old one go has done nothing wrong.
        """
        if kind == "stale":
            # RFC 9110, section 9.2.2: a client needs some means to detect that the original request was never applied.
            # It is no attempt either; a new connection is never stale, so this happens once.
            return body is None or body.rewind()
        if kind != "reset" or body is not None or self._left <= 0 or method not in IDEMPOTENT:
            return False
        self._left -= 1
        return True

    def avoid(self, connection: UpstreamConnection) -> None:
        """Let the next connection be to another address, if there is one."""
        if isinstance(connection.host, Host):
            self._tried.append(connection.host)

    def note(self, kind: str) -> None:
        """Count a failure of the upstream; its kind is one of a few words."""
        self._observer.count(UPSTREAM_ERRORS, self.pool.upstream.id, kind)


async def _first(outcomes: Outcomes, patience_s: float | None) -> UpstreamConnection | OSError | None:
    """The next outcome, None where there is none in time."""
    if patience_s is None:
        return await outcomes.get()
    try:
        async with asyncio.timeout(patience_s):
            return await outcomes.get()
    except TimeoutError:
        return None
