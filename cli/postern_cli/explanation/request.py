"""The request to be explained, from how one writes it for curl, read as the data port reads it.

What is written becomes the bytes that a client would send, and the gateway's own reader makes of them what it makes
of a client's.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import click

from postern_core.resources.types import HEADER_PATTERN
from postern_dataplane.decision.request_origin import USUAL_PORTS
from postern_dataplane.http1.request_head import RequestError
from postern_dataplane.http1.request_head import request_head as head_of
from postern_dataplane.http1.request_reader import RequestReader
from postern_dataplane.listener import ListenerConfig, ListenerPort
from postern_dataplane.request.denials import Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import compared_host
from postern_dataplane.request.tls_session import TlsSession
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.upstream.dns import is_address

# Not urllib's: it drops and quotes bytes, and what the gateway makes of them is the question.
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
# What would end a line early; no client sends it within one.
_LINE_END = re.compile(r"[\r\n\0]")

_PORT = re.compile(r":([0-9]{1,5})\Z")

# The address of the client where none is given.
PEER = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class WrittenRequest:
    """A request as it was written, and the bytes of its head; `target` is the request target, `port` the URL's.

    `tls` is None without TLS.
    """

    method: str
    target: str
    entrance: ListenerConfig
    tls: TlsSession | None
    content: bytes
    port: int = 0

    def read(self, limits: Limits | None = None, peer: str = PEER) -> RequestHead | Denial:
        """Read the head as the data port does; the refusal where it does not get as far as a decision."""
        limits = limits or Limits()
        # The parser wants a loop to pause; nothing runs on this one.
        with contextlib.closing(asyncio.new_event_loop()) as loop:
            try:
                message = RequestReader(limits, loop).feed(self.content)
                assert message is not None, "the bytes are a whole head"
                return head_of(message, limits, peer, self.entrance, self.tls)
            except RequestError as error:
                return error.denial

    def port_in(self, table: RoutingTable) -> ListenerPort | None:
        """The listeners at the URL's port, None where it is none of theirs."""
        return next(
            (it for it in table.ports.values() if (it.number, it.is_tls) == (self.port, self.entrance.is_tls)), None
        )


def written_request(method: str, url: str, headers: Iterable[str]) -> WrittenRequest:
    """Make a request of HTTP/1.1; raises `click.UsageError`. Host is the URL's unless a header says otherwise."""
    if not re.match(HEADER_PATTERN, method):
        raise click.UsageError(f"{method!r} is no method, such as GET; write: postern explain FOLDER... -- METHOD URL")
    parts = _URL.match(url)
    if parts is None:
        raise click.UsageError("the URL must be a whole one, such as http://app.example.com/v1/json")
    scheme, authority, target = parts[1].lower(), parts[2], parts[3]
    if "@" in authority:
        raise click.UsageError("the URL holds a user or password: give it as a header instead, with -H")
    if _LINE_END.search(authority + target):
        raise click.UsageError("the URL has a line break, or a NUL, which no client sends; leave it out")
    target = target if target.startswith("/") else f"/{target}"
    fields = [_field(header) for header in headers]
    if not any(field.lower().startswith("host:") for field in fields):
        fields.insert(0, f"Host: {authority}")
    lines = [f"{method} {target} HTTP/1.1", *fields, "", ""]
    is_tls = scheme == "https"
    tls = TlsSession(_server_name(authority)) if is_tls else None
    content = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    return WrittenRequest(method, target, ListenerConfig(is_tls=is_tls), tls, content, _port(scheme, authority))


def _server_name(authority: str) -> str | None:
    """What a client asks for by SNI: the host of the URL, but no address (RFC 6066, section 3)."""
    host = compared_host(authority)
    return None if not host or is_address(host.strip("[]")) else host


def _port(scheme: str, authority: str) -> int:
    """The port of a URL, 0 for what is none."""
    port = _PORT.search(authority)
    return int(port[1]) if port else USUAL_PORTS[scheme]


def _field(header: str) -> str:
    name, colon, value = header.partition(":")
    if not colon or not re.match(HEADER_PATTERN, name) or _LINE_END.search(value):
        # It is not quoted: a value is often a token.
        raise click.UsageError("a header is written as -H 'Name: value', in one line; one of those given isn't")
    return f"{name}: {value.strip()}"
