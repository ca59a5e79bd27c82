"""A client connection that is charged for the memory it holds, and leaves when others need it more.

Nothing here runs for a request whose head is small and comes at once: what the connection costs anyway is charged when
it begins, and more is noticed where a head goes on, something waits, or a buffer is full.
"""

from __future__ import annotations

import asyncio

from aiohttp.http import RawRequestMessage

from postern_dataplane.request import denials
from postern_dataplane.telemetry.definitions import EVICTIONS

from .client_connection import ClientConnection
from .decision_cache import HEAD_BYTES_MAX, Packet
from .memory_budget import Weight

# Measured: a connection that has sent nothing takes 3 KiB, one with a small head 5 KiB.
CONNECTION_BYTES = 6 * 1024
# What is reasonable for the part of a head that has come; whoever sent more is told that it is too large.
ORDINARY_HEAD_BYTES = 8 * 1024
# How long a connection counts as one in use after an answer.
RECENT_S = 1.0

# Under which word an eviction is counted: what its connection was doing.
HEAD, IDLE, REQUEST, ENDING = "head", "idle", "request", "ending"


class MeteredConnection(ClientConnection):
    """A client whose memory is charged."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.gateway.budget.open(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gateway.budget.close(self)
        super().connection_lost(exc)

    def _begin(self, message: RawRequestMessage, packet: Packet | None) -> None:
        super()._begin(message, packet)
        if packet is None and self.reader.message_bytes > HEAD_BYTES_MAX:
            self.gateway.budget.weigh(self)

    def _read_on(self) -> None:
        super()._read_on()
        # A body that goes on upstream is not kept; what the upstream doesn't take is seen in turn.
        if self.exchange is None or self.reader.backlog or self.exchange.is_connecting:
            self.gateway.budget.weigh(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        # Not from within a write: whoever writes goes on afterwards.
        self.gateway.loop.call_soon(self.gateway.budget.weigh, self)

    # What the budget asks.

    @property
    def _fixed_bytes(self) -> int:
        return CONNECTION_BYTES

    @property
    def is_spared(self) -> bool:
        """Whether it waits between two requests, and had the last a moment ago: its client is about to send another."""
        idle_s = self.gateway.limits.idle_timeout_s - (self.deadline - self.now())
        return self.exchange is None and not self._began_at and not self._is_over and 0 <= idle_s < RECENT_S

    def weight(self) -> Weight:
        """What the connection costs, and what it keeps; a request under way compares as a quarter of it.

        Its client has an answer to lose, and those that hold memory without asking anything go before.
        """
        size = self._fixed_bytes + self._transport.get_write_buffer_size()
        if self._is_over:
            return Weight(size, size)
        size += self.reader.held_bytes + len(self.read_gate.rest)
        if self.exchange is None:
            return Weight(size, size)
        size += self.exchange.held_bytes
        return Weight(size, size // 4)

    def evict(self) -> None:
        """End, with a word where one can be said; what waits for a client that takes nothing is thrown away."""
        self.gateway.observer.count(EVICTIONS, self._doing)
        is_mute = self._is_over or not self._began_at or self._transport.get_write_buffer_size() > 0
        if self.exchange is not None:
            self.exchange.reject(denials.OUT_OF_MEMORY)
        elif self._began_at and not self._is_over:
            is_large = self.reader.message_bytes > ORDINARY_HEAD_BYTES
            self._refuse(denials.OUT_OF_MEMORY_FOR_HEAD if is_large else denials.OUT_OF_MEMORY_FOR_SLOW)
        if is_mute:
            self.abort()
        else:
            self.deadline = self.now()  # no lingering: the next sweep closes what is left of it

    @property
    def _doing(self) -> str:
        if self._is_over:
            return ENDING
        if self.exchange is not None:
            return REQUEST
        return HEAD if self._began_at else IDLE

    def _mark_over(self) -> None:
        if not self._is_over:
            self.reader.discard()
        super()._mark_over()
