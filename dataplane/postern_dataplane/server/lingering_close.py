"""Lingering close: after the last response, input is read and discarded for a while.

A socket that is closed while bytes wait to be read is reset by the kernel, and the client may lose a response that is
still on its way.  A client that writes all of its request before it reads would lose it every time.
"""

from __future__ import annotations

import asyncio

from postern_dataplane.flow_control import ReadGate
from postern_dataplane.tcp import received_bytes

from .deadline import Deadline

# How long a connection is still read, and how often something must have come: nginx's lingering_time and
# lingering_timeout.
LINGER_S = 30.0
SILENCE_S = 5.0
# So much is discarded for every client. What is beyond it takes the processor's time, and is discarded for so many
# connections of a worker at a time that clients without a token can't take much of it.
FLOOD_BYTES = 4 * 2**20
FLOODS_MAX = 64

Floods = set["LingeringClose"]


class LingeringClose:
    """The end of one connection; `floods` are those of a worker that discard much."""

    __slots__ = (
        "_began_bytes", "_deadline", "_ends_at", "_floods", "_read_bytes", "_read_gate", "_seen_bytes", "_transport",
        "_unsent_bytes",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport, read_gate: ReadGate, deadline: Deadline, floods: Floods) -> None:
        self._transport = transport
        self._read_gate = read_gate
        self._deadline = deadline
        self._floods = floods
        self._ends_at = 0.0
        self._read_bytes = self._began_bytes = self._seen_bytes = self._unsent_bytes = 0

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
            self._began_bytes = self._seen_bytes = self._come_bytes
            self._ends_at = now + LINGER_S
            self._deadline.linger(SILENCE_S, now)

    def read(self, data: bytes) -> None:
        """Discard input; one flood more than the worker bears ends the connection."""
        self._read_bytes += len(data)
        if self._read_bytes > FLOOD_BYTES and not self._may_flood():
            self._transport.abort()

    def _may_flood(self) -> bool:
        if len(self._floods) < FLOODS_MAX:
            self._floods.add(self)
        return self in self._floods

    @property
    def _come_bytes(self) -> int:
        """A number that grows with each byte that comes, also where a layer of TLS discards it."""
        if self._transport.get_extra_info("ssl_object") is None:  # nothing is discarded, and asking takes 4 us
            return self._read_bytes
        return self._read_bytes + received_bytes(self._transport.get_extra_info("socket"))

    def end(self, now: float) -> None:
        """Read no longer; the next sweep closes what is left of the connection."""
        self._ends_at = now
        self._deadline.elapse(now)

    def lost(self) -> None:
        """Leave its place to another flood."""
        self._floods.discard(self)

    def expire(self, now: float) -> None:
        """Close the transport, unless the client still takes bytes or sends them."""
        unsent = self._transport.get_write_buffer_size()
        if unsent == 0:
            self._read_on_or_close(now)
        elif unsent < self._unsent_bytes:
            self.begin(now)
        else:
            self._transport.abort()

    def _read_on_or_close(self, now: float) -> None:
        come = self._come_bytes
        is_silent = self._seen_bytes == come
        is_flood = come - self._began_bytes > FLOOD_BYTES
        if is_silent or now >= self._ends_at or (is_flood and not self._may_flood()):
            self._transport.close()
            return
        self._seen_bytes = come
        self._deadline.linger(SILENCE_S, now)
