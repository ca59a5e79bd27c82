"""Reads requests from a connection's bytes, by aiohttp's C parser, one at a time.

Parsing is the parser's affair; this keeps its sizes in bounds, adds what it
lets pass and a gateway must not, and hands out the body as it comes.

Rules of this file:
1. Nothing of a request is ever logged or sent back: the parser's own messages
   quote it, and are dropped here.
2. While a request is being answered, the next one waits in `_pending`.
3. Whether the parser holds bytes of a further request is asked of the parser: see `_read`.
"""

from __future__ import annotations

import asyncio

from aiohttp.http import HttpRequestParser, RawRequestMessage
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from postern_dataplane.request.denials import BAD_REQUEST, HEADERS_TOO_LARGE, URI_TOO_LONG, Denial
from postern_dataplane.settings import Limits

from .head_readers import read_plain_head
from .message import Message
from .request_head import RequestError
from .request_line import unchecked_line
from .request_parser import line_bytes_max, make_parser

# Of longer pieces the last byte is not parsed apart: copying them would cost more than it could ever save.
SMALL_BYTES = 2048
BLANK_LINE = b"\r\n\r\n"
# Of a body that comes with its head, up to which both are read at once: more would be copied once more.
SMALL_BODY_BYTES = 16 * 1024
# Of methods that usually have a body; a body with another one is the other parser's.
_SENDING = (b"POST", b"PUT", b"PATCH")
# Blank lines of a packet, and the size of one, up to which the end of chunks is looked for: more would be work for
# nothing, unless a request comes behind them in the same packet.
CUTS_MAX = 64
CUT_BYTES_MAX = 64 * 1024


class RequestReader:
    """The requests of one connection, in order."""

    __slots__ = (
        "_body", "_has_more", "_head_bytes", "_head_bytes_max", "_is_chunked", "_is_skipped", "_length", "_limits",
        "_line", "_loop", "_parser", "_pending", "_plain_bytes_max", "_reading", "_taken_bytes", "_trailer_bytes",
        "_whole_body", "is_spent", "message_bytes",
    )  # fmt: skip

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self._limits = limits
        self._loop = loop
        self._head_bytes_max = limits.max_headers_bytes + limits.max_request_line_bytes
        # No part of a head is longer than all of it.
        bounds = limits.max_headers_bytes, limits.max_header_line_bytes, limits.max_request_line_bytes
        self._plain_bytes_max = min(SMALL_BYTES, *bounds)
        # Made for the first head that is not plain: most connections bring none, and it takes 1 KiB.
        self._parser: HttpRequestParser | None = None
        self._body: StreamReader | None = None
        self._taken_bytes = 0  # of it
        self._whole_body = b""  # one that came with its head, and that the parser need not see
        self._pending = b""
        self._reading = False
        self._is_skipped = False
        self._is_chunked = False
        self._length = 0
        self._head_bytes = 0
        # What has come of the request line; None once it was checked.
        self._line: bytes | None = b""
        # What has come since the last of a body's bytes, and how many of those there were before.
        self._trailer_bytes = (0, 0)
        # Of the head that is coming or being answered: the bytes of its packets, which may bring more than it.
        self.message_bytes = 0
        # Whether the parser may hold something of a request that it has not given out.
        self._has_more = False
        # Whether it may do so behind chunks: then the present request is the last, see `next`.
        self.is_spent = False

    @property
    def is_clean(self) -> bool:
        """Whether nothing is held of a request that was not given out: what comes next begins one."""
        return not self._has_more and not self._pending

    @property
    def backlog(self) -> int:
        """Bytes that wait for the next request's turn."""
        return len(self._pending)

    @property
    def held_bytes(self) -> int:
        """The memory of what has come and was not taken: of a head some 2.5 times its bytes and 256 bytes a field."""
        size = self.message_bytes + self._trailer_bytes[0]
        head = min(size, self._head_bytes_max)
        body = len(self._whole_body) if self._body is None else self._body.total_bytes - self._taken_bytes
        return head * 5 // 2 + 256 * min(self._limits.max_headers, head // 8) + size - head + body + len(self._pending)

    def is_in_body_of(self, size: int) -> bool:
        """Whether so many bytes are all of a body whose length is known, for which the parser has one step."""
        return not self._is_chunked and self._body is not None and self._length - self._body.total_bytes >= size

    @property
    def is_in_head(self) -> bool:
        """Whether a head has begun and not ended."""
        return self._head_bytes > 0

    @property
    def is_complete(self) -> bool:
        """Whether all of the present request has come."""
        return self._body is None or self._body.is_eof()

    def feed(self, data: bytes) -> Message | None:
        """Take bytes from the socket; returns a request when its head is complete. Raises `RequestError`."""
        at = -1 if self._reading else data.find(BLANK_LINE)
        if at >= 0 and data[0] not in b"\r\n":
            end = at + len(BLANK_LINE)
            if end == len(data):
                return self._read_head(data)  # what nearly all packets are, and would be below
            if data.startswith(_SENDING) and (plain := self._read_plain(data, end)) is not None:
                return plain
        message, start, cuts = None, 0, 0
        while start < len(data):
            if self._reading and self.is_complete:
                self._pending += data[start:]
                break
            end = self._end_of_piece(data, start, cuts)
            message = self._read(data[start:end], is_last=end == len(data)) or message
            start, cuts = end, cuts + 1
        return message

    def _read_head(self, data: bytes) -> Message | None:
        """Parse a packet that ends as a head does; as `_read`, in fewer steps for one that is small."""
        if len(data) > SMALL_BYTES:
            return self._read(data, is_last=True)
        if (plain := self._read_plain(data, len(data))) is not None:
            return plain
        self._has_more = True
        if self._parse(data[:-1]) is not None:  # a head without its blank line: others would read on
            raise RequestError(BAD_REQUEST)
        message = self._parse(data[-1:])
        self._has_more = message is None or not self.is_complete
        return message

    def _read_plain(self, data: bytes, head_bytes: int) -> Message | None:
        """The request that a packet is, of whose bytes so many are a head; None where the parser has to read it."""
        body_bytes = len(data) - head_bytes
        if head_bytes > self._plain_bytes_max or body_bytes > SMALL_BODY_BYTES or not self.is_clean:
            return None
        plain = read_plain_head(data, self._limits.max_headers, body_bytes)
        if plain is not None:
            self.skip()
            self.message_bytes = head_bytes
            self._whole_body = data[head_bytes:]
        return plain

    def _end_of_piece(self, data: bytes, start: int, cuts: int) -> int:
        """Where to stop parsing for now, so that no piece has bytes of two requests.

        A head, and all that is chunked, ends with a blank line, which may have begun in the last packet.
        """
        if self._reading and not self._is_chunked:
            missing = self._length - self._body.total_bytes if self._body is not None else 0
            return start + missing if 0 < missing < len(data) - start else len(data)
        if data[start] in b"\r\n":
            # Before a request all of them at once: each alone would be work that costs a client nothing.
            if not self._reading and self._line is not None and not self._line.strip(b"\r\n"):
                return len(data) - len(data[start:].lstrip(b"\r\n"))
            if start < len(BLANK_LINE):
                return start + 1
        if self._reading and (cuts >= CUTS_MAX or len(data) > CUT_BYTES_MAX):
            return len(data)
        at = data.find(BLANK_LINE, start)
        return len(data) if at < 0 else at + len(BLANK_LINE)

    def _read(self, piece: bytes, *, is_last: bool) -> RawRequestMessage | None:
        """Parse bytes of one request, and find out whether the parser holds more than that request.

        It holds nothing if it was the last byte, parsed apart, that completed the request.  The parser has no other
        way to say so, and nothing that is known of the bytes that came before can stand for it.
        """
        self._has_more = True
        is_in_chunks = self._reading and self._is_chunked
        if not is_in_chunks and (not is_last or len(piece) > SMALL_BYTES):
            return self._parse(piece)
        message = self._parse(piece[:-1]) if len(piece) > 1 else None
        if self._reading and self.is_complete:
            self._pending = piece[-1:]
            self.is_spent = is_in_chunks
            return message
        message = self._parse(piece[-1:]) or message
        self._has_more = not (self._reading and self.is_complete)
        return message

    def _parse(self, data: bytes) -> RawRequestMessage | None:
        if self._line is not None:
            self._line = unchecked_line(self._line + data if self._line else data)
        if self._parser is None:
            self._parser = make_parser(self._limits, self._loop)
        try:
            messages, _, _ = self._parser.feed_data(data)
        except LineTooLong as error:
            raise RequestError(_too_long(error, self._limits)) from None
        except BadHttpMessage as error:
            too_many = "Too many" in error.message
            raise RequestError(HEADERS_TOO_LARGE if too_many else BAD_REQUEST) from None
        except Exception:  # noqa: BLE001 # the parser raises what its URL library raises; all of it is the client's fault
            raise RequestError(BAD_REQUEST) from None
        if not messages:
            self._count(len(data))
            return None
        if len(messages) > 1:
            raise RequestError(BAD_REQUEST)
        message, body = messages[0]
        self._reading = True
        self.message_bytes = self._head_bytes + len(data)
        self._head_bytes = 0
        self._trailer_bytes = (0, 0)
        self._is_chunked = message.chunked
        if body is EMPTY_PAYLOAD:
            self._body, self._length = None, 0
        else:
            self._body, self._length = body, int(message.headers.get("Content-Length", 0))
        return message

    def skip(self) -> None:
        """Take a request as read whose bytes the parser need not see: one that came whole, between two others."""
        self._reading = self._is_skipped = True

    def _count(self, size: int) -> None:
        """Count bytes that brought no head; raises `RequestError` when the parser would keep too many."""
        if not self._reading:
            self.message_bytes = self._head_bytes = total = self._head_bytes + size
            if total > self._head_bytes_max:
                raise RequestError(HEADERS_TOO_LARGE)
        elif self._body is not None:
            self._count_trailers(self._body.total_bytes, size)

    def _count_trailers(self, body_bytes: int, size: int) -> None:
        # The parser keeps trailers as it keeps fields, each within its bound, but bounds them all together by nothing.
        trailer_bytes, before = self._trailer_bytes
        self._trailer_bytes = (trailer_bytes + size if body_bytes == before else 0), body_bytes
        if self._trailer_bytes[0] > self._limits.max_headers_bytes:
            raise RequestError(HEADERS_TOO_LARGE)

    def take_body(self) -> bytes:
        """What has come of the body since the last time."""
        if self._body is None:
            whole, self._whole_body = self._whole_body, b""
            return whole
        data = self._body.read_nowait()
        self._taken_bytes += len(data)
        return data

    def next(self) -> Message | None:
        """End the present request; returns the next one if its head is here already. Raises `RequestError`."""
        self._reading = False
        self._line = self._whole_body = b""
        self.message_bytes = self._taken_bytes = 0
        pending, self._pending = self._pending, b""
        if self._is_skipped:
            self._is_skipped = False
            return self.feed(pending) if pending else None
        self._body = None
        if self._is_chunked:
            # The parser would take the last trailer for a field of the next request.  It holds nothing else, or the
            # reader were spent.
            self._parser, self._is_chunked, self._has_more = None, False, False
        elif self._parser is not None:
            self._parser.message_consumed()
        message = self._parse(b"") if self._has_more else None
        if not pending:
            return message
        if message is not None and self.is_complete:
            self._pending = pending
            return message
        return self.feed(pending) or message

    def discard(self) -> None:
        """Let go of everything: nothing is read any more."""
        self._pending = self._whole_body = b""
        self.message_bytes, self._trailer_bytes = 0, (0, 0)
        if self._body is not None and self._body.exception() is None:
            self.take_body()
        self._parser = None

    def upgrade(self) -> bytes:
        """Leave HTTP: what has come after the head is the other protocol's."""
        assert self._parser is not None, "no plain head asks for another protocol"
        self._parser.message_consumed()
        _, _, tail = self._parser.feed_data(b"")
        pending, self._pending = self._pending, b""
        return bytes(tail) + pending


def _too_long(error: LineTooLong, limits: Limits) -> Denial:
    # The parser's message names no part, but its bound, and `line_bytes_max` lets the two differ.
    return URI_TOO_LONG if line_bytes_max(limits) in error.args else HEADERS_TOO_LARGE
