"""How a connection ends that has been said to be over: it is read for a moment longer, without caring what.

Closed at once, the kernel would throw away an answer that the client has not read.
"""

from __future__ import annotations

import asyncio

# How long, and for how much, a connection that is over still listens for what the client was sending.
LINGER_S = 2.0
LINGER_BYTES_MAX = 4 * 2**20


class LingeringClose:
    """The end of one connection."""

    __slots__ = ("_idle_timeout_s", "_read_bytes", "_transport", "_unsent_bytes")

    def __init__(self, transport: asyncio.Transport, idle_timeout_s: float) -> None:
        self._transport = transport
        self._idle_timeout_s = idle_timeout_s
        self._read_bytes = self._unsent_bytes = 0

    def begin(self) -> float:
        """How many seconds it has: an idle time-out while the client has not taken all of its answer."""
        self._unsent_bytes = self._transport.get_write_buffer_size()
        return self._idle_timeout_s if self._unsent_bytes else LINGER_S

    def read(self, data: bytes) -> None:
        """Throw away what the client was still sending; a flood ends it."""
        self._read_bytes += len(data)
        if self._read_bytes > LINGER_BYTES_MAX:
            self._transport.abort()

    def end(self) -> float:
        """Close for good; gives the seconds more that a client has which is still taking bytes, or infinity."""
        unsent = self._transport.get_write_buffer_size()
        if unsent == 0:
            self._transport.close()
        elif unsent < self._unsent_bytes:
            return self.begin()
        else:
            self._transport.abort()
        return float("inf")
