"""Heads of requests as values: the client's, as a parser returns it, and the upstream's, as a writer takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .field_layout import NO_FIELDS, FieldLayout, layout_of
from .tls_session import TlsSession

if TYPE_CHECKING:
    from postern_dataplane.listener import ListenerPort

Fields = tuple[tuple[bytes, bytes], ...]


class RequestHead(msgspec.Struct, frozen=True, gc=False):
    """One request's head as the client sent it, not interpreted.

    `target` is the request target as text in which bytes outside ASCII are
    surrogate escapes of UTF-8; `headers` are raw names and values in order.
    `content_length` is None where there is no such field; `closes` says that
    no other request may follow on the connection; `peer` is the address that
    it came from, without port, "" where it has none; `tls` is None without TLS.
    `port` are the listeners of the port that it came in by, None for one of the
    process's settings.  `layout` is that of `headers`, made of them
    unless it is passed: to put other headers in their place, pass `NO_FIELDS` with them.
    """

    method: str
    target: str
    http_minor: int
    headers: Fields
    peer: str
    content_length: int | None = None
    chunked: bool = False
    is_websocket: bool = False
    is_tls: bool = False
    closes: bool = False
    tls: TlsSession | None = None
    port: ListenerPort | None = None
    layout: FieldLayout = NO_FIELDS

    def __post_init__(self) -> None:
        if self.layout is NO_FIELDS:
            msgspec.structs.force_setattr(self, "layout", layout_of(self.headers))

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.content_length)

    def values(self, name: bytes) -> list[bytes]:
        """The values of the fields with this name, which is in lower case."""
        return self.layout.values(name, self.headers)


def only_value(head: RequestHead, name: bytes) -> bytes | None:
    """The value of the field with this name, in lower case; None where there is none, or more than one."""
    found = head.values(name)
    return found[0] if len(found) == 1 else None


class UpstreamHead(msgspec.Struct, frozen=True, gc=False):
    """The head that goes upstream.

    `target` is text as in `RequestHead`, `authority` the host and port that HTTP/1.1 sends as Host.  How the body is
    framed is left to the protocol; the client's head says whether there is one, and whether the request asks for a
    websocket.
    """

    method: str
    target: str
    authority: bytes
    fields: Fields
