"""An upstream's response head, checked, and rewritten for the client.

How the body is framed on the client's side is decided here; RFC 9112, section 6.3.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .dates import http_date

Fields = list[tuple[bytes, bytes]]

# RFC 9110, section 7.6.1. Proxy-Authenticate would ask the client for the credentials of another proxy.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)


class BadResponse(Exception):
    """The upstream's response has no single reading."""


class Framing(enum.Enum):
    """How the end of the body is known."""

    NONE = "no body"
    LENGTH = "Content-Length"
    CHUNKED = "chunked"
    UNTIL_CLOSE = "until the connection closes"


@dataclass(slots=True)
class Response:
    """A response head.

    `upstream` is how the body comes, `client` how it goes on; `closes` says
    that the client's connection ends after it.
    """

    status: int
    upstream: Framing
    client: Framing
    closes: bool
    head: bytes


def has_no_body(method: str, status: int) -> bool:
    """RFC 9112, section 6.3: these end at the blank line, whatever their fields say."""
    return method == "HEAD" or status in (204, 304) or status < 200


def read_response(
    status: int, phrase: bytes, fields: Fields, *, method: str, http_minor: int, closes: bool
) -> Response:
    """Check and rewrite a final response head; raises `BadResponse`.

    `http_minor` is the client's version; `closes` says that the client's
    connection is to end after this response.
    """
    upstream, named, has_date = _read_fields(fields, no_body=has_no_body(method, status))
    client = upstream
    if upstream in (Framing.CHUNKED, Framing.UNTIL_CLOSE):
        client = Framing.CHUNKED if http_minor else Framing.UNTIL_CLOSE
    closes = closes or client is Framing.UNTIL_CLOSE
    dropped = HOP_BY_HOP | named if named else HOP_BY_HOP
    if status == 204 or client is Framing.CHUNKED:
        dropped |= _LENGTH
    parts = [b"HTTP/1.1 %d %b\r\n" % (status, phrase)]
    parts += [b"%b: %b\r\n" % field for field in fields if field[0].lower() not in dropped]
    if not has_date:
        parts.append(b"Date: %b\r\n" % http_date())
    if client is Framing.CHUNKED:
        parts.append(b"Transfer-Encoding: chunked\r\n")
    if closes:
        parts.append(b"Connection: close\r\n")
    elif not http_minor:
        parts.append(b"Connection: keep-alive\r\n")
    parts.append(b"\r\n")
    return Response(status, upstream, client, closes, b"".join(parts))


_LENGTH = frozenset({b"content-length"})


def _read_fields(fields: Fields, *, no_body: bool) -> tuple[Framing, set[bytes], bool]:
    """The body's framing, the names that Connection lists, and whether there is a Date."""
    lengths: set[bytes] = set()
    codings: list[bytes] = []
    named: set[bytes] = set()
    has_date = False
    for name, value in fields:
        if b"\r" in value or b"\n" in value:
            raise BadResponse
        lowered = name.lower()
        if lowered == b"content-length":
            lengths.add(value)
        elif lowered == b"transfer-encoding":
            codings.append(value.lower())
        elif lowered == b"connection":
            named.update(option.strip().lower() for option in value.split(b","))
        elif lowered == b"date":
            has_date = True
    return _framing_of(lengths, codings, no_body=no_body), named, has_date


def _framing_of(lengths: set[bytes], codings: list[bytes], *, no_body: bool) -> Framing:
    if len(lengths) > 1 or (lengths and codings) or not all(length.isdigit() for length in lengths):
        raise BadResponse
    if codings not in ([], [b"chunked"]):
        raise BadResponse
    if no_body:
        return Framing.NONE
    if codings:
        return Framing.CHUNKED
    return Framing.LENGTH if lengths else Framing.UNTIL_CLOSE


def informational(status: int, phrase: bytes, fields: Fields) -> bytes:
    """A 1xx head for the client; a 101 keeps what names the new protocol."""
    dropped = HOP_BY_HOP | {b"content-length"}
    kept = [field for field in fields if field[0].lower() not in dropped]
    if any(b"\r" in value or b"\n" in value for _, value in kept):
        raise BadResponse
    if status == 101:
        kept += [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, phrase, b"".join(b"%b: %b\r\n" % field for field in kept))
