"""An upstream's response head as values: as it was sorted, and as it goes to the client."""

from __future__ import annotations

import enum

import msgspec

Fields = list[tuple[bytes, bytes]]


class BadResponse(Exception):
    """The upstream's response has no single reading."""


class Framing(enum.Enum):
    """How the end of the body is known."""

    NONE = "no body"
    LENGTH = "Content-Length"
    CHUNKED = "chunked"
    UNTIL_CLOSE = "until the connection closes"


# By names of the module: in Python 3.11 each look-up in the class is a call of a function, and a response needs many.
NONE, LENGTH, CHUNKED, UNTIL_CLOSE = Framing


class Response(msgspec.Struct, gc=False):
    """A response head.

    `upstream` is how the body comes, `client` how it goes on; `closes` says
    that the client's connection ends after it.  `keep_alive_s` is how long the
    upstream keeps its connection, None where it doesn't say.
    """

    status: int
    upstream: Framing
    client: Framing
    closes: bool
    head: bytes
    keep_alive_s: float | None = None


class SortedFields(msgspec.Struct, gc=False):
    """The fields of a response head: those that go on, as lines, and what the others say."""

    kept: list[bytes]
    lengths: list[bytes]
    codings: list[bytes]
    has_date: bool = False
    keep_alive: bytes = b""
