"""The request to be explained, from how one writes it for curl: a method, a URL and headers."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from postern_core.resources.types import HEADER_PATTERN
from postern_dataplane.policy.decision import RequestHead

# Not urllib's: it drops and quotes bytes, and what the gateway makes of them is the question.
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_PORT = re.compile(r":([0-9]{1,5})\Z")

# The address of whoever asks is not known here; X-Forwarded-For is shown with this one.
PEER = "127.0.0.1"


def request_head(method: str, url: str, headers: Iterable[str]) -> RequestHead:
    """The head of an HTTP/1.1 request; raises `click.UsageError`. Host is the URL's unless a header says otherwise."""
    if not re.match(HEADER_PATTERN, method):
        raise click.UsageError(f"{method!r} is no method, such as GET; write: postern explain FOLDER... -- METHOD URL")
    parts = _URL.match(url)
    if parts is None:
        raise click.UsageError("the URL must be a whole one, such as http://app.example.com/v1/json")
    scheme, authority, target = parts[1].lower(), parts[2], parts[3]
    if "@" in authority:
        raise click.UsageError("the URL holds a user or password: give it as a header instead, with -H")
    fields = [_field(header) for header in headers]
    if not any(name.lower() == b"host" for name, _ in fields):
        fields.insert(0, (b"Host", authority.encode("utf-8", "surrogateescape")))
    port = _PORT.search(authority)
    length, chunked = _framing(fields)
    return RequestHead(
        method=method,
        target=target if target.startswith("/") else f"/{target}",
        http_minor=1,
        headers=tuple(fields),
        peer=PEER,
        content_length=length,
        chunked=chunked,
        is_websocket=_value(fields, b"upgrade").lower() == b"websocket",
        is_tls=scheme == "https",
        local_port=int(port[1]) if port else 443 if scheme == "https" else 80,
    )


def _field(header: str) -> tuple[bytes, bytes]:
    name, colon, value = header.partition(":")
    if not colon or not re.match(HEADER_PATTERN, name):
        # It is not quoted: a value is often a token.
        raise click.UsageError("a header is written as -H 'Name: value'; one of those given isn't")
    return name.encode(), value.strip(" \t").encode("utf-8", "surrogateescape")


def _framing(fields: list[tuple[bytes, bytes]]) -> tuple[int | None, bool]:
    """The length of the body, and whether it is chunked.

    What is ambiguous is refused before any policy is asked, so it is not explained.
    """
    length, coding = _value(fields, b"content-length"), _value(fields, b"transfer-encoding")
    if (length and not re.fullmatch(rb"[0-9]{1,18}", length)) or coding.lower() not in (b"", b"chunked"):
        raise click.UsageError("Content-Length must be a number, and Transfer-Encoding chunked: others get 400 at once")
    if length and coding:
        raise click.UsageError("Content-Length beside Transfer-Encoding gets 400 at once")
    return (int(length) if length else None), bool(coding)


def _value(fields: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    values = [value for name, value in fields if name.lower() == wanted]
    return b", ".join(values)
