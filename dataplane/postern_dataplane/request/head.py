"""A request's head as a value: what a protocol's parser returns, and what a decision is about."""

from __future__ import annotations

import msgspec


class RequestHead(msgspec.Struct, frozen=True, gc=False):
    """One request's head as the client sent it, not interpreted.

    `target` is the request target as text in which bytes outside ASCII are
    surrogate escapes of UTF-8; `headers` are raw names and values in order.
    `content_length` is None where there is no such field; `peer` is the
    address the connection came from, without port.
    """

    method: str
    target: str
    http_minor: int
    headers: tuple[tuple[bytes, bytes], ...]
    peer: str
    content_length: int | None = None
    chunked: bool = False
    is_websocket: bool = False
    is_tls: bool = False
    local_port: int = 80

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.content_length)
