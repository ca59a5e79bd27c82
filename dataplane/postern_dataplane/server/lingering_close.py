"""Lingering close: after the last response, input is read and discarded for a moment.

A socket that is closed while bytes wait to be read is reset by the kernel, and the client may lose a response that is
still on its way.
"""

from __future__ import annotations

import asyncio

from postern_dataplane.flow_control import ReadGate

from .deadline import Deadline

# How long, and for how many bytes, a connection is still read.
LINGER_S = 2.0
LINGER_BYTES_MAX = 4 * 2**20


class LingeringClose:
    """The end of one connection."""

    __slots__ = ("_deadline", "_read_bytes", "_read_gate", "_transport", "_unsent_bytes")

    def __init__(self, transport: asyncio.Transport, read_gate: ReadGate, deadline: Deadline) -> None:
        self._transport = transport
        self._read_gate = read_gate
        self._deadline = deadline
        self._read_bytes = self._unsent_bytes = 0

    def half_close(self, now: float) -> None:
        """Say that this was the last response, and read on."""
        self.begin(now)
        self._read_gate.resume_all()
        if not self._transport.is_closing():
            self._transport.write_eof()

    def close(self, now: float) -> None:
        """Close the transport once the client has taken what was written."""
        self.begin(now)
        self._transport.close()

    def begin(self, now: float) -> None:
        """Set the time-out: that of an idle client while it has not taken all of its response."""
        self._unsent_bytes = self._transport.get_write_buffer_size()
        if self._unsent_bytes:
            self._deadline.wait_for_client(now)
        else:
            self._deadline.linger(LINGER_S, now)

    def read(self, data: bytes) -> None:
        """Discard input; a flood ends the connection."""
        self._read_bytes += len(data)
        if self._read_bytes > LINGER_BYTES_MAX:
            self._transport.abort()

    def expire(self, now: float) -> None:
        """Close the transport, unless the client is still taking bytes."""
        unsent = self._transport.get_write_buffer_size()
        if unsent == 0:
            self._transport.close()
        elif unsent < self._unsent_bytes:
            self.begin(now)
        else:
            self._transport.abort()
