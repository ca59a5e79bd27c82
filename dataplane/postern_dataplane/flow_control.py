"""Pauses the reading of a connection: it is read again once no reason to pause is left.

A read that may hold many small chunks is handed on in parts: a parser takes its time for each chunk, and between two
parts the other connections get their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

# A chunk of one byte has six, and a parser takes up to a microsecond for one: 1 ms for a part.
PART_BYTES = 8 * 1024
# With no more line ends than this, what one read has brought is no longer to read than a part.
LINE_ENDS_MAX = 2 * PART_BYTES // 6
NO_REASONS: frozenset[str] = frozenset()


def _has_many_line_ends(data: bytes) -> bool:
    # One byte is searched for a hundred times as fast as two are counted, and nearly all bodies have few of it.
    at = data.find(b"\r")
    for _ in range(LINE_ENDS_MAX):
        if at < 0:
            return False
        at = data.find(b"\r", at + 1)
    return at >= 0 and data.count(b"\r\n") > LINE_ENDS_MAX


def _discard(_data: bytes) -> None:
    pass


class ReadGate:
    """The reasons not to read a transport, by names of their own; `receive` takes what it brings."""

    __slots__ = ("_is_due", "_is_taking", "_loop", "_receive", "_transport", "reasons", "rest")

    def __init__(
        self, transport: asyncio.Transport, receive: Callable[[bytes], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._receive = receive
        self.reasons = NO_REASONS
        self._is_due = False
        self._is_taking = False
        # What was read and waits for its turn; while there is any, the transport is not read.
        self.rest = b""

    def __contains__(self, why: str) -> bool:
        return why in self.reasons

    def first_part(self, data: bytes) -> bytes:
        """The part of a read that may be taken now; `receive` gets the rest later, with nothing in between."""
        if self.rest:
            self.rest += data
            return b""
        if len(data) <= PART_BYTES or not _has_many_line_ends(data):
            return data
        if not self.reasons and not self._transport.is_closing():
            self._transport.pause_reading()
        self.rest = data[PART_BYTES:]
        self._go_on()
        return data[:PART_BYTES]

    def pause(self, why: str) -> None:
        """Read no more until this reason, too, has gone."""
        if not self.reasons and not self.rest and not self._transport.is_closing():
            self._transport.pause_reading()
        self.reasons |= {why}

    def resume(self, why: str) -> None:
        """Withdraw one reason, if it is there."""
        if why in self.reasons:
            self.reasons -= {why}
            if not self.reasons:
                self._go_on()

    def pause_only(self, why: str) -> None:
        """Withdraw all reasons but this one, which is added if it isn't there."""
        self.pause(why)
        self.reasons = frozenset({why})

    def resume_all(self) -> None:
        """Withdraw all reasons."""
        if self.reasons:
            self.reasons = NO_REASONS
            self._go_on()

    def end(self) -> bytes:
        """Hand on nothing more, for a connection that is lost; returns all that still waits."""
        rest, self.rest = self.rest, b""
        # It leads back to the connection, which would be freed by the garbage collector only.
        self._receive = _discard
        return rest

    def _go_on(self) -> None:
        """Take what waits, a part in each turn of the loop, and read again when there is no more."""
        if self._is_taking:
            return
        if not self.rest:
            if not self._transport.is_closing():
                self._transport.resume_reading()
        elif not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._take_part)

    def _take_part(self) -> None:
        self._is_due = False
        if self.reasons or not self.rest:
            return
        if self._transport.is_closing():
            self.rest = b""
            return
        part, rest = self.rest[:PART_BYTES], self.rest[PART_BYTES:]
        # Empty while the part is taken, so that it is not taken for one that has to wait.
        self.rest = b""
        self._is_taking = True
        try:
            self._receive(part)
        finally:
            self.rest = rest
            self._is_taking = False
        if not self.reasons:
            self._go_on()
