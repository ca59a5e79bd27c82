"""One reading of where a request wants to go: its host, its path and its query."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from postern_core.paths import BadPath, normalise

from .denials import BAD_REQUEST, METHOD_NOT_ALLOWED, Denial
from .head import RequestHead

# RFC 9110, sections 9.3.6 and 9.3.8: CONNECT opens tunnels, TRACE shows a client's own headers. A gateway does neither.
REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})

# A name of 255 characters and a port. Bounded before it is remembered, so that strangers can't fill the memory.
AUTHORITY_CHARS_MAX = 261

# RFC 3986, section 3.2.2, without the sub-delimiters that no name in use has. An empty label (`a..b`, `.a`) is a
# second spelling of a name to some resolvers, and would be another host to us.
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*\.?)(?::([0-9]{0,5}))?\Z")
_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)(.*)\Z", re.IGNORECASE | re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x20\x7f#]")


class Target(msgspec.Struct, gc=False):
    """Where a request wants to go.

    `host` is as it is compared, `authority` as the client wrote it; both are ""
    for an HTTP/1.0 request that names none. `query` is what follows the first
    `?`, None without one. `unmerged` is as in `Normalised`.
    """

    host: str
    authority: str
    path: str
    query: str | None
    has_encoded_slash: bool
    unmerged: str | None = None


def read_target(head: RequestHead, host_field: bytes | None) -> Target | Denial:
    """Read the request target and the one Host field, or say how to refuse them."""
    if head.method in REFUSED_METHODS:
        return METHOD_NOT_ALLOWED
    target = head.target
    authority = "" if host_field is None else host_field.decode("latin-1")
    host = compared_host(authority) if host_field is not None else ""
    # RFC 9112, section 3.2: a server MUST respond with a 400 to any HTTP/1.1 request that lacks a Host.
    if host is None or (host_field is None and head.http_minor):
        return BAD_REQUEST
    if not target.startswith("/"):
        absolute = _ABSOLUTE.match(target)
        if absolute is None:
            return BAD_REQUEST
        # RFC 9112, section 3.2.2: an absolute-form target's host replaces the Host field.
        authority, target = absolute[2], absolute[3]
        host = compared_host(authority)
        if not host:
            return BAD_REQUEST
        target = target if target.startswith("/") else f"/{target}"
    raw_path, question, query = target.partition("?")
    if question and _CONTROLS.search(query):
        return BAD_REQUEST
    try:
        path = normalise(raw_path)
    except BadPath:
        return BAD_REQUEST
    return Target(host, authority, path.path, query if question else None, path.has_encoded_slash, path.unmerged)


def ascii_only(text: str) -> str:
    """A part of a URL with bytes outside ASCII as escapes: RFC 3986 has them in no other way."""
    if text.isascii():
        return text
    return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


def compared_host(authority: str) -> str | None:
    """The host without port, in lower case, without a trailing dot; None when it is not one."""
    return _compared_host(authority) if len(authority) <= AUTHORITY_CHARS_MAX else None


@lru_cache(maxsize=4096)
def _compared_host(authority: str) -> str | None:
    match = _AUTHORITY.match(authority)
    if match is None or (match[2] and int(match[2]) > 65535):
        return None
    return match[1].lower().removesuffix(".")
