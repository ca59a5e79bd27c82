"""One connection to an upstream: sends a head and a body, reads responses by llhttp.

What a response means for the client is decided by the exchange; this module finds where a response begins and ends,
and whether the connection can be used again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import httptools

from postern_dataplane.errors import StateError
from postern_dataplane.flow_control import PART_BYTES, ReadGate
from postern_dataplane.http1.response import LENGTH, NONE, UNTIL_CLOSE, BadResponse, Fields, Framing
from postern_dataplane.http1.response_head import check_start
from postern_dataplane.settings import RESPONSE_HEAD_BYTES_MAX
from postern_dataplane.state_machine import Moves, State, forbidden
from postern_dataplane.tcp import acknowledged_bytes, has_ended

from .interfaces import ResponseHandler


class UpstreamState(State):
    """Where a connection is with the response that it carries."""

    IDLE = "carries no exchange; bytes that arrive now close it"
    WAITING = "a request was begun, and the head of its final response has not come"
    RECEIVING = "the final head has come, and the response goes on"
    COMPLETE = "the response is whole, and another exchange may follow"
    SPENT = "the response is whole, and nothing may follow: it says so, or more bytes came than belong to it"
    TUNNEL = "carries another protocol"
    CLOSED = "was closed, aborted or lost"


IDLE, WAITING, RECEIVING, COMPLETE, SPENT, TUNNEL, CLOSED = UpstreamState
MOVES: Moves[UpstreamState] = {
    IDLE: {IDLE, WAITING, CLOSED},
    WAITING: {RECEIVING, TUNNEL, CLOSED},
    RECEIVING: {COMPLETE, SPENT, CLOSED},
    COMPLETE: {IDLE, SPENT, CLOSED},
    SPENT: {SPENT, CLOSED},
    TUNNEL: {CLOSED},
    CLOSED: {CLOSED},
}
ENDED = frozenset({COMPLETE, SPENT})


class Host(Protocol):
    """The address that a connection leads to, which keeps it while it is idle."""

    def keep(self, connection: UpstreamConnection, now: float) -> None:
        """Keep an idle connection for the next request, or close it."""

    def forget(self, connection: UpstreamConnection) -> None:
        """Called when a connection is lost, whether it was kept or not."""


class UpstreamConnection(asyncio.Protocol):
    """A connection that carries one exchange at a time."""

    def __init__(self, address: str) -> None:
        self.state = IDLE
        self.address = address
        self.handler: ResponseHandler | None = None
        self.idle_since = self.idle_until = 0.0
        self.keep_alive_s: float | None = None
        self.host: Host | None = None
        self._was_idle = self._is_stale = False
        # All that was ever written, and how much of it before the present exchange.
        self._written_bytes = self._before_bytes = 0
        self._parser = httptools.HttpResponseParser(self)
        self._reset()

    def _reset(self) -> None:
        self._phrase = b""
        self._fields: Fields = []
        self._framing: Framing | None = None
        # Since the head began, or since the body's last packet: the parser keeps what it can't hand on, trailers too.
        self._field_bytes = 0

    def _move(self, to: UpstreamState) -> None:
        if to not in MOVES[self.state]:
            before = self.state
            self.abort()
            raise forbidden(self, before, to)
        self.state = to

    @property
    def is_open(self) -> bool:
        return not self.transport.is_closing()

    @property
    def has_ended(self) -> bool:
        """Whether the upstream has ended the connection, though that has not been read yet."""
        return has_ended(self.transport.get_extra_info("socket"))

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the upstream has not taken."""
        return self.transport.get_write_buffer_size() if self.is_open else 0

    @property
    def is_reusable(self) -> bool:
        """Whether another exchange may follow the one that has ended."""
        # What was read and not parsed yet is an answer to no request. What is unsent of a request that was answered all
        # the same would be held for as long as the upstream likes, and another body behind it, which nothing slows.
        is_whole = self.state is COMPLETE and not self._read_gate.rest
        return is_whole and not self.transport.is_closing() and not self.transport.get_write_buffer_size()

    def begin(self, handler: ResponseHandler, data: bytes) -> None:
        """Start an exchange by sending the first bytes of its request."""
        self._move(WAITING)
        self.handler = handler
        self._reset()
        self._before_bytes = self._written_bytes
        self._written_bytes += len(data)
        self.transport.write(data)

    def write(self, data: bytes) -> None:
        self._written_bytes += len(data)
        self.transport.write(data)

    def release(self) -> None:
        """End the exchange; the next one calls `begin`."""
        self._move(IDLE)
        self._was_idle = True
        self.handler = None
        if self._read_gate.reasons:
            self._read_gate.resume("client")

    def abort(self) -> None:
        """Drop the connection and all that is still in it."""
        self._move(CLOSED)
        self.handler = None
        self.transport.abort()

    def close(self) -> None:
        """End the connection once what was written has gone out."""
        self._move(CLOSED)
        self.handler = None
        self.transport.close()

    def pause_reading(self) -> None:
        self._read_gate.pause("client")

    def resume_reading(self) -> None:
        self._read_gate.resume("client")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment] # a stream's transport is one
        self._read_gate = ReadGate(self.transport, self.data_received, asyncio.get_running_loop())

    def pause_writing(self) -> None:
        if self.handler is not None:
            self.handler.pause_upload()

    def resume_writing(self) -> None:
        if self.handler is not None:
            self.handler.resume_upload()

    def data_received(self, data: bytes) -> None:
        handler, read_gate, is_large = self.handler, self._read_gate, len(data) > PART_BYTES
        if read_gate.rest or (is_large and self.state is RECEIVING and self._framing is not LENGTH):
            data = read_gate.first_part(data)
            if not data:
                return
        if handler is None:
            # RFC 9112, section 9.3.2: a response answers a request. These bytes would be read as the next one's.
            self.abort()
        elif self.state is TUNNEL:
            handler.tunnel_data_arrived(data)
        else:
            self._read(handler, data, self._feed_large if is_large and self.state is WAITING else self._feed)

    def _feed(self, data: bytes | memoryview) -> None:
        self._parser.feed_data(data)
        # Counted afterwards, as what ends a head may bring much of the body; `read_response` measures whole heads.
        self._field_bytes += len(data)
        if self._field_bytes > RESPONSE_HEAD_BYTES_MAX:
            raise BadResponse

    def _feed_large(self, data: bytes) -> None:
        """Parse the head apart: a body whose length it says is one step, and need not be searched for chunks."""
        rest = memoryview(data)
        if (at := data.find(b"\r\n\r\n", 0, PART_BYTES)) >= 0:
            self._feed(rest[: at + 4])
            rest = rest[at + 4 :]
        self._feed(rest if self._framing is LENGTH else self._read_gate.first_part(bytes(rest)))

    def _read(self, handler: ResponseHandler, data: bytes, feed: Callable[[bytes], None]) -> None:
        try:
            feed(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(handler, data[upgrade.args[0] :])
            return
        except (httptools.HttpParserError, BadResponse) as error:
            if isinstance(error.__context__, StateError):  # raised within a callback of the parser
                raise error.__context__ from None
            if self.state not in ENDED:
                self._fail("bad_response")
                return
            self._move(SPENT)  # bytes behind the response answer no request
        if self.state in ENDED:
            handler.response_ended()
        else:
            handler.packet_read()

    def _switch(self, handler: ResponseHandler, tail: bytes) -> None:
        self._move(TUNNEL)
        try:
            handler.switched_protocols(self._parser.get_status_code(), self._phrase, self._fields, tail)
        except BadResponse:
            self._fail("bad_response")

    def _fail(self, kind: str) -> None:
        handler = self.handler
        self.abort()
        if handler is not None:
            handler.upstream_failed(kind)

    def eof_received(self) -> None:
        self._is_stale = self._knows_nothing()

    def _knows_nothing(self) -> bool:
        """Whether the upstream had ended the connection before any byte of the request reached it.

        Its end acknowledges what has come before, and this is none of it.  TLS hides how many bytes those would be.
        """
        if not self._was_idle or self.state is not WAITING or self._field_bytes or self._read_gate.rest:
            return False
        if self.transport.get_extra_info("sslcontext") is not None:
            return False
        acknowledged = acknowledged_bytes(self.transport.get_extra_info("socket"))
        return acknowledged is not None and acknowledged <= self._before_bytes

    def connection_lost(self, exc: Exception | None) -> None:
        if self.host is not None:
            self.host.forget(self)
        # A pipe is broken where the end had come already, and was not read yet.
        is_stale = self._is_stale or (isinstance(exc, BrokenPipeError) and self._knows_nothing())
        rest = self._read_gate.end()
        if rest and exc is None and self.handler is not None:
            self._read(self.handler, rest, self._feed)
        handler, self.handler = self.handler, None
        self._move(CLOSED)
        self._parser = httptools.HttpResponseParser(None)  # the old one refers back, a cycle that only a search frees
        if handler is None:
            return
        if self._framing is UNTIL_CLOSE and exc is None:
            handler.response_ended()
        else:
            handler.upstream_failed("stale" if is_stale else "reset")

    def on_message_begin(self) -> None:
        if self.state in ENDED:
            raise BadResponse

    def on_status(self, phrase: bytes) -> None:
        self._phrase += phrase

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._framing is None:  # a trailer otherwise, and trailers end here
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        handler, status = self.handler, self._parser.get_status_code()
        check_start(status, self._phrase, self._parser.get_http_version(), self._fields)
        if handler is None or self.state is not WAITING or status == 101:
            return
        if status < 200:
            handler.informational_arrived(status, self._phrase, self._fields)
            return
        response = handler.response_arrived(status, self._phrase, self._fields)
        self._framing = response.upstream
        self.keep_alive_s = response.keep_alive_s
        self._move(RECEIVING)
        if response.upstream is NONE:  # llhttp doesn't know the request, and would wait for a body
            self._end()
            self._parser = httptools.HttpResponseParser(self)

    def _end(self) -> None:
        self._move(COMPLETE if self._parser.should_keep_alive() else SPENT)

    def on_body(self, data: bytes) -> None:
        if self.state is RECEIVING and self.handler is not None:
            self._field_bytes = -RESPONSE_HEAD_BYTES_MAX  # more than its packet brings
            self.handler.response_body_arrived(data)
        elif self.state in ENDED:
            self._move(SPENT)
        else:  # RFC 9112, section 6.3: a 1xx ends at its blank line; llhttp reads a body behind those beyond 103
            raise BadResponse

    def on_message_complete(self) -> None:
        if self.state is RECEIVING:
            self._end()
        elif self._framing is None and self._parser.get_status_code() != 101:
            self._phrase, self._fields, self._field_bytes = b"", [], 0  # of a 1xx; the final response follows
