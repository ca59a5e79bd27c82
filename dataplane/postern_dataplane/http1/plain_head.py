"""Reads heads that are plain, by llhttp as httptools has it, each by a parser that has seen nothing else.

Nearly all heads are: small, of HTTP/1.1, with no name twice, in a packet that is nothing but a request, after which the
connection stays.  aiohttp's parser, which is llhttp as well, makes more of a request than is asked for here, and takes
longer.

Rules of this file:
1. What is not plain, or not surely so, is read by the other parser: nothing is ever refused here.
2. What is plain has the same reading there, which the property tests hold against it for any bytes.
"""

from __future__ import annotations

import re

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from postern_dataplane.request.field_layout import LAYOUTS

from .message import PlainHead

# CONNECT has a target and an end of its own; of other methods there are few.
METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
# A path without a fragment, which RFC 9112 knows in no request; of two slashes a URL library may make a host.
LINE = re.compile(rb"([A-Z]+) (/(?!/)[!-\"$-~]*+) HTTP/1\.1\r\n")
KEEP_ALIVE = (b"keep-alive", b"Keep-Alive")

_rstrip = bytes.rstrip


class _Events:
    """What the parser finds: fields by name, of which the first one stays, and whether it is a whole message."""

    __slots__ = ("fields", "is_complete", "on_header")

    on_body = on_chunk_complete = on_chunk_header = on_headers_complete = on_message_begin = on_status = on_url = None

    def __init__(self) -> None:
        self.fields: dict[bytes, bytes] = {}
        self.on_header = self.fields.setdefault
        self.is_complete = False

    def on_message_complete(self) -> None:
        self.is_complete = True


def read_plain_head(data: bytes, fields_max: int, body_bytes: int = 0) -> PlainHead | None:
    """The head of a packet that is one request, of which so many bytes are its body; None for the other parser's.

    The head is small, ends with the only blank line in it, and begins with none.
    """
    line = LINE.match(data)
    method = None if line is None else METHODS.get(line[1])
    if line is None or method is None:
        return None
    events = _Events()
    try:
        parser = HttpRequestParser(events)
        parser.feed_data(data[:-1])
        if events.is_complete:
            return None
        # It was the last byte that completed the message: nothing is behind it.
        parser.feed_data(data[-1:])
    except (HttpParserError, HttpParserUpgrade):
        return None
    fields = events.fields
    layout = LAYOUTS[tuple(fields)]
    if not events.is_complete or not layout.is_plain or len(fields) > fields_max:
        return None
    values = tuple(fields.values())
    # Written as usual, what was read is what came: so no field is there twice, folded, or passed over.
    if layout.lines(values) != data[line.end() : len(data) - body_bytes - 2]:
        return None
    # In the one spelling of a length that has no other reading.
    announced = None if layout.content_length is None else values[layout.content_length]
    if announced != (b"%d" % body_bytes if body_bytes else None):
        return None
    if layout.connection is not None and values[layout.connection] not in KEEP_ALIVE:
        return None
    # A space behind a value is not part of it.
    if tuple(map(_rstrip, values)) != values:
        return None
    return PlainHead(method, line[2].decode(), layout, values, body_bytes or None)
