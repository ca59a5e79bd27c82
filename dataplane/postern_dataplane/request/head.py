"""Heads of requests as values: the client's, as a parser returns it, and the upstream's, as a writer takes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from .field_layout import FieldLayout, Fields, Values
from .tls_session import TlsSession

if TYPE_CHECKING:
    from postern_dataplane.listener import ListenerPort

_line = b": ".join


class RequestHead(msgspec.Struct, frozen=True, gc=False):
    """One request's head as the client sent it, not interpreted.

    `target` is the request target as text in which bytes outside ASCII are
    surrogate escapes of UTF-8; `layout` are the raw names of the fields in
    order, and `field_values` their values, one for each name.
    `content_length` is None where there is no such field; `closes` says that
    no other request may follow on the connection; `peer` is the address that
    it came from, without port, "" where it has none; `tls` is None without TLS.
    `port` are the listeners of the port that it came in by, None for one of the
    process's settings.
    """

    method: str
    target: str
    http_minor: int
    layout: FieldLayout
    field_values: Values
    peer: str
    content_length: int | None = None
    chunked: bool = False
    is_websocket: bool = False
    is_tls: bool = False
    closes: bool = False
    tls: TlsSession | None = None
    port: ListenerPort | None = None

    @property
    def headers(self) -> Fields:
        """The raw names and values in order."""
        return self.layout.headers(self.field_values)

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.content_length)

    def values(self, name: bytes) -> list[bytes]:
        """The values of the fields with this name, which is in lower case."""
        return self.layout.values(name, self.field_values)


def only_value(head: RequestHead, name: bytes) -> bytes | None:
    """The value of the field with this name, in lower case; None where there is none, or more than one."""
    places = head.layout.places.get(name, ())
    return head.field_values[places[0]] if len(places) == 1 else None


class UpstreamHead(msgspec.Struct, frozen=True, gc=False):
    """The head that goes upstream.

    `target` is text as in `RequestHead`, `authority` the host and port that HTTP/1.1 sends as Host; `lines` are the
    fields as HTTP/1.1 has them, each ended.  How the body is framed is left to the protocol; the client's head says
    whether there is one, and whether the request asks for a websocket.
    """

    method: str
    target: str
    authority: bytes
    lines: bytes


def field_lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Fields as lines, each ended."""
    return b"\r\n".join((*map(_line, fields), b""))
