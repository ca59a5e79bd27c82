"""A connection whose TLS handshake goes on: counted, and closed after a while, as any other.

A server of `asyncio` reports only handshakes that have succeeded.  Here the connection is counted from its first packet
on, so that half a handshake takes a place.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

from postern_dataplane.certificates.tls_sessions import session_of
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.tcp import received_bytes
from postern_dataplane.telemetry.definitions import EVICTIONS, TLS_HANDSHAKES

from .deadline import Deadline
from .interfaces import Services
from .memory_budget import Weight
from .tls_transport import TLS_BYTES, TlsClientConnection, TlsTransport

# A connection ends by `lingering_close`, whose deadline moves while the client still takes bytes. The event loop's own
# would cut that client too.
SHUTDOWN_S = 24 * 3600.0

# How a handshake may end.
DONE, REFUSED, TIMEOUT, LEFT, NO_CERTIFICATE, FLOODED, EVICTED = (
    "done", "refused", "timeout", "left", "no_certificate", "flooded", "evicted",
)  # fmt: skip

# Under which word an eviction is counted.
HANDSHAKE = "handshake"
# Measured: a message of 128 KiB that never ends takes 360 KiB.
BYTES_KEPT = 3

GetContext = Callable[[], ssl.SSLContext | None]


class TlsHandshake(asyncio.Protocol):
    """Stands where the client connection will be; `get_context` returns the certificates in force, None for none."""

    __slots__ = (
        "_client",
        "_gateway",
        "_get_context",
        "_is_evicted",
        "_starting",
        "_transport",
        "deadline",
        "listener",
    )

    def __init__(self, gateway: Services, listener: ListenerConfig, get_context: GetContext) -> None:
        self._gateway = gateway
        self.listener = listener
        self._get_context = get_context
        self._is_evicted = False
        self.deadline = Deadline(gateway.limits, gateway.soonest)  # never set: the event loop has one for this

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # a stream's transport is one
        self._gateway.connected(self)
        context = self._get_context()
        if self._gateway.is_flooded or context is None:
            self._fail(FLOODED if context else NO_CERTIFICATE)
        else:
            self._start(context)
            self._gateway.budget.open(self, self.weight())

    def _start(self, context: ssl.SSLContext) -> None:
        self._client = TlsClientConnection(self._gateway, self.listener)
        self._starting: Coroutine[Any, Any, asyncio.Transport | None] = self._gateway.loop.start_tls(
            self._transport, self._client, context, server_side=True,
            ssl_handshake_timeout=self._gateway.limits.header_timeout_s, ssl_shutdown_timeout=SHUTDOWN_S,
        )  # fmt: skip
        # Not as a task, which would begin a little later: the socket is read from now on, and what the client has sent
        # already must find TLS there. What the coroutine waits for is the end of the handshake.
        self._starting.send(None).add_done_callback(self._ended)

    def _ended(self, _waiter: object) -> None:
        try:
            self._starting.send(None)
        except StopIteration as end:
            self._hand_over(end.value)
        except OSError as error:
            error.__traceback__ = None  # it leads to a future that holds the error, a cycle that only a search frees
            self._fail(_result_of(error))

    def _hand_over(self, layer: asyncio.Transport) -> None:
        if self._transport.is_closing():
            self._fail(LEFT)
            return
        self._gateway.observer.count(TLS_HANDSHAKES, DONE)
        self._gateway.budget.close(self)
        self._gateway.replaced(self)
        self._client.tls = session_of(layer.get_extra_info("ssl_object"))
        self._client.connection_made(TlsTransport(layer, self._transport))

    def _fail(self, result: str) -> None:
        self._gateway.observer.count(TLS_HANDSHAKES, EVICTED if self._is_evicted else result)
        self._gateway.budget.close(self)
        self._gateway.forget(self)
        self._transport.abort()

    @property
    def is_spared(self) -> bool:
        return False

    def weight(self) -> Weight:
        """What TLS costs, and thrice what has come: the library keeps a first message of 128 KiB, if it has no end."""
        size = TLS_BYTES + BYTES_KEPT * received_bytes(self._transport.get_extra_info("socket"))
        return Weight(size, size)

    def evict(self) -> None:
        """End without a response, as none can be read before TLS."""
        self._is_evicted = True
        self._gateway.observer.count(EVICTIONS, HANDSHAKE)
        self._transport.abort()

    def expire(self) -> None:
        """There is no deadline to pass."""

    def drain(self) -> None:
        """Let the handshake end: a request is about to follow."""

    def abort(self) -> None:
        """End at once."""
        self._transport.abort()


def _result_of(error: OSError) -> str:
    if isinstance(error, ConnectionAbortedError):  # how the event loop reports a handshake that took too long
        return TIMEOUT
    return REFUSED if isinstance(error, ssl.SSLError) else LEFT
