"""A client connection that is charged for the memory it holds, and is evicted when others need it more.

Nothing here runs for a request whose head is small and comes at once: what the connection costs anyway is charged when
it begins, and more is noticed where a head goes on, something waits, or a buffer is full.
"""

from __future__ import annotations

import asyncio

from postern_dataplane.http1.message import Message
from postern_dataplane.request import denials
from postern_dataplane.telemetry.definitions import EVICTIONS

from .cached_heads import Packet
from .client_connection import ClientConnection
from .client_protocol import CLOSED, ENDING, IDLE, IN_EXCHANGE, LINGERING
from .decision_cache import HEAD_BYTES_MAX
from .memory_budget import Weight
from .request_forwarder import CONNECTING

# Measured: a connection that has sent nothing takes 3 KiB, one with a small head 5 KiB.
CONNECTION_BYTES = 6 * 1024
# What is reasonable for the part of a head that has come; a larger one is refused as too large.
ORDINARY_HEAD_BYTES = 8 * 1024
# How long a connection counts as one in use after an answer.
RECENT_S = 1.0

# The label under which an eviction is counted; "head" for all other states.
LABELS = {IDLE: "idle", IN_EXCHANGE: "request", LINGERING: "ending", CLOSED: "ending"}


class MeteredConnection(ClientConnection):
    """A client whose memory is charged."""

    __slots__ = ()
    # What a connection takes that has brought nothing yet.
    _new_weight = Weight(CONNECTION_BYTES, CONNECTION_BYTES)

    # What is overridden here is called by name: to find it by `super()` takes longer than the rest of these methods.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        ClientConnection.connection_made(self, transport)
        self.gateway.budget.open(self, self._new_weight)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gateway.budget.close(self)
        ClientConnection.connection_lost(self, exc)
        self.read_gate.end()

    def _begin(self, message: Message, packet: Packet | None) -> None:
        ClientConnection._begin(self, message, packet)  # noqa: SLF001 # its own
        if packet is None and (self.reader.message_bytes > HEAD_BYTES_MAX or self._is_connecting):
            self.gateway.budget.weigh(self)

    def _read_on(self) -> None:
        super()._read_on()
        # A body that goes on upstream is not kept; what the upstream doesn't take is found by the budget's review.
        if self.exchange is None or self.reader.backlog or self._is_connecting:
            self.gateway.budget.weigh(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        # Not from within a write, as its caller goes on afterwards.
        self.gateway.loop.call_soon(self.gateway.budget.weigh, self)

    @property
    def _is_connecting(self) -> bool:
        """Whether a request waits for an upstream: what has come of its body is kept."""
        return self.exchange is not None and self.exchange.state is CONNECTING

    @property
    def _fixed_bytes(self) -> int:
        return CONNECTION_BYTES

    def _at_rest(self) -> Weight:
        """The weight of a connection that keeps nothing."""
        return self._new_weight

    @property
    def is_spared(self) -> bool:
        """Whether it waits between two requests, and had the last a moment ago: its client is about to send another."""
        idle_s = self.gateway.limits.idle_timeout_s - (self.deadline.at - self.now())
        return self.state is IDLE and 0 <= idle_s < RECENT_S

    def weight(self) -> Weight:
        """What the connection costs, and what it keeps; a request under way compares as a quarter of it.

        Its client has an answer to lose, and those that hold memory without asking anything go before.
        """
        unsent = self._transport.get_write_buffer_size()
        if self.state is IDLE and not unsent and not self.read_gate.rest:
            return self._at_rest()  # as nearly all are, where there are many
        size = self._fixed_bytes + unsent
        if self.state in ENDING:
            return Weight(size, size)
        size += self.reader.held_bytes + len(self.read_gate.rest)
        if self.exchange is None:
            return Weight(size, size)
        size += self.exchange.held_bytes
        return Weight(size, size // 4)

    def evict(self) -> None:
        """End, with a refusal where the client can read one; what it has not taken is thrown away."""
        self.gateway.observer.count(EVICTIONS, LABELS.get(self.state, "head"))
        is_silent = self.state is IDLE or self.state in ENDING
        is_mute = is_silent or self._transport.get_write_buffer_size() > 0
        if self.exchange is not None:
            self.exchange.reject(denials.OUT_OF_MEMORY)
        elif not is_silent:
            is_large = self.reader.message_bytes > ORDINARY_HEAD_BYTES
            self._refuse(denials.OUT_OF_MEMORY_FOR_HEAD if is_large else denials.OUT_OF_MEMORY_FOR_SLOW)
        if is_mute:
            self.abort()
        else:
            self._end_evicted()

    def _end_evicted(self) -> None:
        """End without lingering: the next sweep closes what is left, which is little."""
        self._lingering_close.end(self.now())
