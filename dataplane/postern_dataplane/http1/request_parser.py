"""Makes the parser of requests, aiohttp's in C, as the data port wants it.

What the data port relies on in it is in `tests/unit/dataplane/http1/test_parser_interface.py`.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser

from postern_dataplane.settings import Limits

# How much of the parser's body stream may be unread before it would want to pause us. It is emptied after every
# read of the socket, which brings 256 KiB at most.
STREAM_BYTES = 2**20


class _Unpaused(BaseProtocol):
    """What the parser's body stream tells to pause: nothing, for the stream is emptied after every packet.

    The pauses of a connection are its own affair: see `client_connection`.
    """

    def pause_reading(self) -> None:
        """Go on."""

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 # the parser's interface
        """Go on."""


# One for all parsers of a worker: it has no state of theirs.
_unpaused = lru_cache(maxsize=1)(_Unpaused)


def make_parser(limits: Limits, loop: asyncio.AbstractEventLoop) -> HttpRequestParser:
    """A parser that has seen nothing, and stops after each request."""
    return HttpRequestParser(
        _unpaused(loop),
        loop,
        STREAM_BYTES,
        max_line_size=line_bytes_max(limits),
        max_headers=limits.max_headers,
        max_field_size=limits.max_header_line_bytes,
        auto_decompress=False,
        max_msg_queue_size=1,
    )


def line_bytes_max(limits: Limits) -> int:
    """The parser's bound of a request line.

    RFC 9112, section 3: a request line is the method, the target and the version.  The parser measures the target,
    and by the bound that was passed we know what was too long: so it must not be that of the header lines too.
    """
    return limits.max_request_line_bytes + (limits.max_request_line_bytes == limits.max_header_line_bytes)
