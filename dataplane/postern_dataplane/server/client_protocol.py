"""A client connection apart from its requests: its states, how it begins, and how it ends.

Requests and their responses are the business of `client_connection`, which adds them to this.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable

from postern_dataplane.flow_control import ReadGate
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.request import denials
from postern_dataplane.request.tls_session import TlsSession
from postern_dataplane.state_machine import Moves, State, forbidden
from postern_dataplane.tcp import peer_address

from .deadline import Deadline
from .interfaces import Services
from .lingering_close import LingeringClose


class ClientState(State):
    """What a client connection does; each state has a time-out of its own."""

    IDLE = "waits for a request; not a byte of one has come"
    READING_HEAD = "a part of a request's head has come"
    QUEUED = "a head came behind the last request, and begins in the next turn of the event loop"
    BLOCKED = "a head has come, and begins once the client has taken the responses before it"
    IN_EXCHANGE = "a request is being answered"
    LINGERING = "the last response was written; input is discarded until the client has it"
    CLOSED = "was aborted or lost"


IDLE, READING_HEAD, QUEUED, BLOCKED, IN_EXCHANGE, LINGERING, CLOSED = ClientState
MOVES: Moves[ClientState] = {
    IDLE: {READING_HEAD, BLOCKED, IN_EXCHANGE, LINGERING, CLOSED},
    READING_HEAD: {BLOCKED, IN_EXCHANGE, LINGERING, CLOSED},
    QUEUED: {BLOCKED, IN_EXCHANGE, LINGERING, CLOSED},
    BLOCKED: {QUEUED, LINGERING, CLOSED},
    IN_EXCHANGE: {IDLE, READING_HEAD, QUEUED, BLOCKED, LINGERING, CLOSED},
    LINGERING: {LINGERING, CLOSED},
    CLOSED: {CLOSED},
}
ENDING = frozenset({LINGERING, CLOSED})


class ClientProtocol(asyncio.Protocol):
    """A client's transport in its states, which change by `_move` only."""

    __slots__ = (
        "_began_at", "_lingering_close", "_transport", "connection_key", "deadline", "gateway", "listener", "now",
        "peer", "read_gate", "reader", "state", "tls", "write",
    )  # fmt: skip

    def __init__(self, gateway: Services, listener: ListenerConfig) -> None:
        self.state = IDLE
        self.gateway = gateway
        self.listener = listener
        self.tls: TlsSession | None = None
        self.now = gateway.now
        self.reader = RequestReader(gateway.limits, gateway.loop)
        self.deadline = Deadline(gateway.limits, gateway.soonest)

    @abstractmethod
    def expire(self) -> None:
        """Called when the deadline has passed."""

    @abstractmethod
    def _refuse(self, denial: denials.Denial) -> None:
        """Answer what can't be read, or what came too late, and end the connection."""

    def _move(self, to: ClientState) -> None:
        if to not in MOVES[self.state]:
            before = self.state
            self.abort()
            raise forbidden(self, before, to)
        self.state = to

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # a stream's transport is one
        self.peer = peer_address(transport.get_extra_info("peername"))
        self.write = self._transport.write
        self.connection_key = self.listener.way_of(self.peer, "" if self.tls is None else self.tls.way)
        self.read_gate = ReadGate(self._transport, self.data_received, self.gateway.loop)
        self._lingering_close = LingeringClose(self._transport, self.read_gate, self.deadline, self.gateway.floods)
        self._began_at = self.now()
        self.deadline.wait_for_head(self._began_at)  # a silent connection is kept no longer than a slow head
        self.gateway.connected(self)
        if self.gateway.is_flooded:
            self.abort()
        elif self.gateway.is_full:
            self._refuse(denials.TOO_MANY_CONNECTIONS)

    def drain(self) -> None:
        if self.state is IDLE:
            self.close()

    def close(self) -> None:
        if self.state is not CLOSED:
            self._linger(self._lingering_close.close)

    def abort(self) -> None:
        self._move(CLOSED)
        self._transport.abort()

    def _linger(self, end: Callable[[float], None]) -> None:
        """Begin no further request; `end` is a method of the lingering close."""
        if self.state is not LINGERING:
            self.reader.discard()
        self._move(LINGERING)
        end(self.now())
