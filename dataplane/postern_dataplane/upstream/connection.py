"""One connection to an upstream: sends a head and a body, reads responses by llhttp.

What a response means for the client is the exchange's affair; this knows how a
response begins and ends, and whether the connection can be used again.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Protocol

import httptools

from postern_dataplane.flow_control import PART_BYTES, ReadGate
from postern_dataplane.http1.response_head import BadResponse, Fields, Framing, Response, has_no_body

if TYPE_CHECKING:
    from .load_balancer import Host

# Far more than any honest application sends, and little enough to hold.
RESPONSE_HEAD_BYTES_MAX = 256 * 1024


# RFC 9112, section 4: a reason phrase holds tabs, spaces, visible characters and bytes outside ASCII.
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class ResponseHandler(Protocol):
    """Who waits for the response; called in this order, from within the reading of one packet."""

    method: str

    def informational_arrived(self, status: int, phrase: bytes, fields: Fields) -> None:
        """A 1xx came, and the final response is still to come."""

    def response_arrived(self, status: int, phrase: bytes, fields: Fields) -> Response:
        """The head of the final response came; raises `BadResponse`."""

    def response_body_arrived(self, data: bytes) -> None:
        """A part of the body came."""

    def packet_read(self) -> None:
        """All that one packet brought has been told, and the response goes on."""

    def response_ended(self) -> None:
        """The response is whole."""

    def switched_protocols(self, status: int, phrase: bytes, fields: Fields, tail: bytes) -> None:
        """A 101 came; `tail` and what follows is the other protocol's. Raises `BadResponse`."""

    def tunnel_data_arrived(self, data: bytes) -> None:
        """Bytes of the other protocol."""

    def upstream_failed(self, kind: str) -> None:
        """There will be no more of this response: `reset` or `bad_response`."""

    def pause_upload(self) -> None:
        """The upstream takes bytes more slowly than they come."""

    def resume_upload(self) -> None:
        """The upstream has taken what there was."""


class UpstreamConnection(asyncio.Protocol):
    """A connection that carries one exchange at a time.

    `home` is the address it leads to, which keeps it while it is idle.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.handler: ResponseHandler | None = None
        self.idle_since = 0.0
        self.host: Host | None = None
        self.transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._is_dirty = False
        self._tunnels = False
        self._read_gate: ReadGate | None = None
        self._reset()

    def _reset(self) -> None:
        self._phrase = b""
        self._fields: Fields = []
        self._framing: Framing | None = None
        self._head_bytes = 0
        self._is_ended = False
        self._keeps_alive = False

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the upstream has not taken."""
        return self.transport.get_write_buffer_size() if self.is_open else 0  # type: ignore[union-attr] # it is open

    @property
    def is_reusable(self) -> bool:
        """Whether another exchange may follow the one that has ended."""
        transport = self.transport
        is_free = self._is_ended and self._keeps_alive and not self._is_dirty
        if self._read_gate is not None and self._read_gate.rest:  # of what was read, and nobody has asked for it
            return False
        return is_free and transport is not None and not transport.is_closing()

    # What the exchange does with it.

    def begin(self, handler: ResponseHandler, data: bytes) -> None:
        """Start an exchange by sending the first bytes of its request."""
        self.handler = handler
        self._reset()
        if self.transport is not None:
            self.transport.write(data)

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def release(self) -> None:
        """The exchange is over; whoever takes the connection next is told by `begin`."""
        self.handler = None
        self.resume_reading()

    def abort(self) -> None:
        """Drop the connection and whatever is still in it."""
        self.handler = None
        if self.transport is not None:
            self.transport.abort()

    def close(self) -> None:
        """End the connection once what was written has gone out."""
        self.handler = None
        if self.transport is not None:
            self.transport.close()

    def pause_reading(self) -> None:
        if self._read_gate is not None:
            self._read_gate.pause("client")

    def resume_reading(self) -> None:
        if self._read_gate is not None:
            self._read_gate.resume("client")

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment] # a stream's transport is a Transport
        self._read_gate = ReadGate(self.transport, self.data_received, asyncio.get_running_loop())  # type: ignore[arg-type] # as above

    def pause_writing(self) -> None:
        if self.handler is not None:
            self.handler.pause_upload()

    def resume_writing(self) -> None:
        if self.handler is not None:
            self.handler.resume_upload()

    def data_received(self, data: bytes) -> None:
        handler, read_gate = self.handler, self._read_gate
        if read_gate is not None and (len(data) > PART_BYTES or read_gate.rest) and not self._tunnels:
            data = read_gate.first_part(data)
            if not data:
                return
        if handler is None:
            # RFC 9112, section 9.3.2 has no answers without a question: what comes would be taken for the next one's.
            self.abort()
        elif self._tunnels:
            handler.tunnel_data_arrived(data)
        else:
            self._read(handler, data)

    def _read(self, handler: ResponseHandler, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
            if self._framing is None:  # counted afterwards: what ends a head may bring much of the body
                self._head_bytes += len(data)
                if self._head_bytes > RESPONSE_HEAD_BYTES_MAX:
                    raise BadResponse
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(handler, data[upgrade.args[0] :])
            return
        except (httptools.HttpParserError, BadResponse):
            if not self._is_ended:
                self._fail("bad_response")
                return
            # The response is whole; what follows it is nobody's, and ends the connection.
            self._is_dirty = True
        if self._is_ended:
            handler.response_ended()
        else:
            handler.packet_read()

    def _switch(self, handler: ResponseHandler, tail: bytes) -> None:
        self._tunnels = True
        try:
            handler.switched_protocols(self._parser.get_status_code(), self._phrase, self._fields, tail)
        except BadResponse:
            self._fail("bad_response")

    def _fail(self, kind: str) -> None:
        handler = self.handler
        self.abort()
        if handler is not None:
            handler.upstream_failed(kind)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.host is not None and self in self.host.idle:
            self.host.idle.remove(self)
        rest = b"" if self._read_gate is None or exc is not None else self._read_gate.take_rest()
        if rest and self.handler is not None:
            self._read(self.handler, rest)
        handler, self.handler = self.handler, None
        if handler is None:
            return
        if self._framing is Framing.UNTIL_CLOSE and exc is None:
            self._is_ended = True
            handler.response_ended()
        else:
            handler.upstream_failed("reset")

    # What llhttp tells.

    def on_message_begin(self) -> None:
        if self._is_ended:
            raise BadResponse

    def on_status(self, phrase: bytes) -> None:
        self._phrase += phrase

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._framing is None:  # a trailer otherwise, and trailers end here
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        handler, status = self.handler, self._parser.get_status_code()
        self._check_start(status)
        if handler is None or self._is_ended or status == 101:
            return
        if status < 200:
            handler.informational_arrived(status, self._phrase, self._fields)
            return
        response = handler.response_arrived(status, self._phrase, self._fields)
        self._framing = response.upstream
        if has_no_body(handler.method, status):
            # llhttp doesn't know the question, and would wait for a body.
            self._keeps_alive = self._parser.should_keep_alive()
            self._is_ended = True
            self._parser = httptools.HttpResponseParser(self)

    def _check_start(self, status: int) -> None:
        """Refuse what llhttp lets pass: a status that is none, a phrase that isn't text, another version."""
        if status < 100 or (not self._phrase.isalpha() and _CONTROLS.search(self._phrase)):
            raise BadResponse
        version = self._parser.get_http_version()
        # RFC 9112, section 6.1: a message of HTTP/1.0 with Transfer-Encoding has to be taken as faultily framed.
        if version != "1.1" and (version != "1.0" or any(it.lower() == b"transfer-encoding" for it, _ in self._fields)):
            raise BadResponse

    def on_body(self, data: bytes) -> None:
        if self._is_ended:
            self._is_dirty = True
        elif self.handler is not None:
            self.handler.response_body_arrived(data)

    def on_message_complete(self) -> None:
        if self._framing is None:
            if self._parser.get_status_code() != 101:
                self._phrase, self._fields, self._head_bytes = b"", [], 0  # of a 1xx; the final response follows
        elif not self._is_ended:
            self._keeps_alive = self._parser.should_keep_alive()
            self._is_ended = True
