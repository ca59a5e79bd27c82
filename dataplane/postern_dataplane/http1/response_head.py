"""An upstream's response head, checked, and rewritten for the client.

How the body is framed on the client's side is decided here; RFC 9112, section 6.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from postern_dataplane.settings import RESPONSE_HEAD_BYTES_MAX

from . import date
from .response import CHUNKED, LENGTH, NONE, UNTIL_CLOSE, BadResponse, Fields, Framing, Response, SortedFields

FIELDS_MAX = 1_000

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


# RFC 9112, section 4: a reason phrase holds tabs, spaces, visible characters and bytes outside ASCII.
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def check_start(status: int, phrase: bytes, version: str, fields: Fields) -> None:
    """Raise `BadResponse` for what llhttp lets pass: a status of no class, a phrase with controls, a version."""
    # RFC 9110, section 15: "Values outside the range 100..599 are invalid."
    if not 100 <= status < 600 or (not phrase.isalpha() and _CONTROLS.search(phrase)):
        raise BadResponse
    # RFC 9112, section 6.1: a message of HTTP/1.0 with Transfer-Encoding is to be treated as faultily framed.
    if version != "1.1" and (version != "1.0" or any(it.lower() == b"transfer-encoding" for it, _ in fields)):
        raise BadResponse


def has_no_body(method: str, status: int) -> bool:
    """RFC 9112, section 6.3: these end at the blank line, whatever their fields say."""
    return method == "HEAD" or status in (204, 304) or status < 200


def read_response(
    status: int,
    phrase: bytes,
    fields: Fields,
    *,
    method: str,
    http_minor: int,
    closes: bool,
    written: Iterable[tuple[bytes, bytes]] = (),
) -> Response:
    """Check and rewrite a final response head; raises `BadResponse`.

    `http_minor` is the client's version; `closes` says that the client's
    connection is to end after this response.  `written` are the gateway's own
    fields, which are sent whatever the upstream's `Connection` names.
    """
    if len(fields) > FIELDS_MAX:
        raise BadResponse
    found = _sort(fields)
    upstream = _framing_of(found.lengths, found.codings, no_body=has_no_body(method, status))
    client = upstream
    if upstream is CHUNKED or upstream is UNTIL_CLOSE:
        client = CHUNKED if http_minor else UNTIL_CLOSE
    closes = closes or client is UNTIL_CLOSE
    lines = [b"HTTP/1.1 %d %b" % (status, phrase), *found.kept, *map(b": ".join, written)]
    if client is CHUNKED:
        lines.append(b"Transfer-Encoding: chunked")
    elif found.lengths and status != 204:
        lines.append(b"Content-Length: " + found.lengths[0])
    if not found.has_date:
        lines.append(b"Date: " + date.http_date())
    if closes:
        lines.append(b"Connection: close")
    elif not http_minor:
        lines.append(b"Connection: keep-alive")
    kept_s = keep_alive_s(found.keep_alive) if found.keep_alive else None
    return Response(status, upstream, client, closes, _joined(lines), kept_s)


def _joined(lines: list[bytes]) -> bytes:
    """The head with its blank line; raises `BadResponse` for one that is too large, or has more lines than these."""
    head = b"\r\n".join((*lines, b"", b""))
    ends = len(lines) + 1
    if head.count(b"\n") != ends or head.count(b"\r") != ends or len(head) > RESPONSE_HEAD_BYTES_MAX:
        # A line end within a value would begin a field, or a response, of its own.
        raise BadResponse
    return head


READ_HERE = HOP_BY_HOP | {b"content-length", b"date"}


def _sort(fields: Fields) -> SortedFields:
    kept: list[bytes] = []
    found = SortedFields(kept, [], [])
    named: set[bytes] = set()
    for field in fields:
        name = field[0].lower()
        if name not in READ_HERE:
            kept.append(b": ".join(field))
        elif name == b"date":
            found.has_date = True
            kept.append(b": ".join(field))
        elif name == b"content-length":
            found.lengths.append(field[1])
        elif name == b"connection":
            if field[1].lower() not in USUAL_OPTIONS:
                named |= _options(field[1])
        elif name == b"transfer-encoding":
            found.codings.append(field[1].lower())
        elif name == b"keep-alive":
            found.keep_alive = field[1]
    if named:
        found.kept = [line for line in found.kept if line.partition(b":")[0].lower() not in named]
        found.has_date = found.has_date and b"date" not in named
    return found


def _options(value: bytes) -> frozenset[bytes]:
    """The names in a Connection field, in lower case (RFC 9110, section 7.6.1)."""
    return frozenset(option.strip(b" \t").lower() for option in value.split(b","))


USUAL_OPTIONS = frozenset({b"keep-alive", b"close"})


# RFC 2068, section 19.7.1.1, which no later one replaces: Keep-Alive: timeout=5, max=100.
_TIMEOUT = re.compile(rb"(?:^|[,;])[ \t]*timeout[ \t]*=[ \t]*\"?([0-9]{1,9})", re.IGNORECASE)


@lru_cache(maxsize=128)
def keep_alive_s(value: bytes) -> float | None:
    """How long an upstream keeps a connection by its Keep-Alive field, None where that doesn't say."""
    found = _TIMEOUT.search(value)
    return float(found[1]) if found else None


def _framing_of(lengths: list[bytes], codings: list[bytes], *, no_body: bool) -> Framing:
    if lengths and (codings or not lengths[0].isdigit() or lengths.count(lengths[0]) != len(lengths)):
        raise BadResponse
    if codings and codings != [b"chunked"]:
        raise BadResponse
    if no_body:
        return NONE
    if codings:
        return CHUNKED
    return LENGTH if lengths else UNTIL_CLOSE


def informational(status: int, phrase: bytes, fields: Fields, written: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    """A 1xx head for the client; a 101 keeps what names the new protocol. `written` are as in `read_response`."""
    if len(fields) > FIELDS_MAX:
        raise BadResponse
    named = (_options(value) for name, value in fields if name.lower() == b"connection")
    dropped = HOP_BY_HOP.union({b"content-length"}, *named)
    kept = [field for field in fields if field[0].lower() not in dropped]
    kept += written
    if any(b"\r" in value or b"\n" in value for _, value in kept):
        raise BadResponse
    if status == 101:
        kept += [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
    head = b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, phrase, b"".join(b"%b: %b\r\n" % field for field in kept))
    if len(head) > RESPONSE_HEAD_BYTES_MAX:
        raise BadResponse
    return head
