"""Sends one request to a gateway of this machine, as it was written, and reads a bounded part of the answer."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 15.0
# Of an answer no more is read than this, head and body.
ANSWER_BYTES_MAX = 256 * 1024


class NoAnswer(Exception):
    """The gateway can't be reached, or what it answers is no HTTP; the message says so, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `is_whole` is False where it was too long, or took too long."""

    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]
    body: bytes
    is_whole: bool = True


async def send_request(gateway_url: str, content: bytes, method: str) -> Answer:
    """Send these bytes to a gateway, and to nothing else; raises `NoAnswer`. No redirect is followed."""
    address = urlsplit(gateway_url)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
    except (OSError, TimeoutError) as error:
        raise NoAnswer(f"The gateway at {gateway_url} can't be reached: {error.strerror or 'timeout'}.") from None
    with contextlib.closing(writer):
        writer.write(content)
        return answer_of(await _read(reader), method)


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Read until the end, or as much as there is until it is too much or too late."""
    parts = bytearray()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(TIMEOUT_S):
            while len(parts) < ANSWER_BYTES_MAX and (part := await reader.read(ANSWER_BYTES_MAX - len(parts))):
                parts += part
    return bytes(parts)


class _Received:
    """Bytes as the standard library's reader of answers wants them."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._content)


def answer_of(content: bytes, method: str) -> Answer:
    """Read the bytes of an answer; raises `NoAnswer`."""
    response = http.client.HTTPResponse(_Received(content), method=method)  # type: ignore[arg-type]
    try:
        response.begin()
    except (http.client.HTTPException, ValueError, OSError):
        raise NoAnswer("The gateway has closed the connection, or gives no answer of HTTP.") from None
    is_whole = True
    try:
        body = response.read()
    except http.client.IncompleteRead as cut:
        body, is_whole = cut.partial, False
    except (http.client.HTTPException, ValueError, OverflowError):
        body, is_whole = b"", False
    is_whole = is_whole and len(content) < ANSWER_BYTES_MAX
    return Answer(response.status, response.reason, tuple(response.getheaders()), body, is_whole)
