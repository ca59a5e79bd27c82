"""A damaged request as the gateway's reader and h11 read it: both the same, or at least one of them refuses it.

What h11 takes the reader may refuse, for it is the stricter one; but for an empty line before the request it takes no
more than h11.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

import h11

from ..damage import damaged
from ..doors import Limits, ListenerConfig, RequestError, RequestReader, raw, request_head

__all__ = ["once", "opened"]

SEEDS = [
    raw.request("/a?b=c", "X-A: 1", "Cookie: a=b; jwt=c", "x-a:\t2 "),
    raw.request("/a", method="POST", body=b"hello"),
    b"POST /a HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: 1\r\n\r\n",
    b"PUT http://b.test/a HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 05\r\n\r\nabcde",
    b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\nX-A: \xe9\r\n\r\n",
    b"DELETE /%41?%zz HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n",
]
# A method, a target, the fields, and the body as far as it has come.
Reading = tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]
LIMITS = Limits()


@contextmanager
def opened() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def once(chance: random.Random, loop: asyncio.AbstractEventLoop) -> str:
    content = damaged(chance, SEEDS)
    mine, theirs = read_here(content, loop), read_by_h11(content)
    if mine is None:
        return f"refused here, {'refused' if theirs is None else 'read'} by h11"
    if theirs is None:
        # RFC 9112, section 2.2, asks for that; h11 ignores no empty line.
        assert content.startswith(b"\r\n"), (content, mine)
        return "an empty line"
    assert mine == theirs, (content, mine, theirs)
    return "read alike"


def read_here(content: bytes, loop: asyncio.AbstractEventLoop) -> Reading | None:
    reader = RequestReader(LIMITS, loop)
    try:
        message = reader.feed(content)
        if message is None:
            return None
        head = request_head(message, LIMITS, "192.0.2.1", ListenerConfig())
    except RequestError:
        return None
    # As h11 writes them: names, and codings, in small letters.
    fields = [(name.lower(), value) for name, value in head.headers]
    fields = [(name, value.lower() if name == b"transfer-encoding" else value) for name, value in fields]
    return head.method.encode(), head.target.encode("utf-8", "surrogateescape"), fields, reader.take_body()


def read_by_h11(content: bytes) -> Reading | None:
    connection, body = h11.Connection(h11.SERVER), b""
    connection.receive_data(content)
    try:
        request = connection.next_event()
        if not isinstance(request, h11.Request):
            return None
        while isinstance(event := connection.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError:
        return None
    return request.method, request.target, list(request.headers), body
