"""Which connection a request gets, and how often it may try to get one."""

from __future__ import annotations

from typing import Protocol

from postern_dataplane.telemetry.definitions import UPSTREAM_ERRORS
from postern_dataplane.telemetry.events import Observer

from .connect_failure import connect_failure
from .connection import UpstreamConnection
from .dial_policy import AddressRefused
from .load_balancer import Host
from .pool import ConnectionPool

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
        """Connect, to another address if one fails and attempts are left; raises the last OSError."""
        address, self._address = self._address, None
        while True:
            try:
                return await self.pool.connect(address, self._tried)
            except AddressRefused as error:
                self.note(connect_failure(error))
                raise
            except OSError as error:
                self.note(connect_failure(error))
                if self._left <= 0:
                    raise
                self._left -= 1
                address = None

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

    def note(self, kind: str) -> None:
        """Count a failure of the upstream; its kind is one of a few words."""
        self._observer.count(UPSTREAM_ERRORS, self.pool.upstream.id, kind)
