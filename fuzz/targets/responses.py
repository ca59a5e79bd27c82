"""Damaged responses, cut anywhere: the client gets a whole response, a 502 or an end, and the next request is served.

As `answers`, but within this process and without sockets.
"""

from __future__ import annotations

import random
from contextlib import AbstractContextManager

from ..damage import damaged
from ..doors import Port, manifests, opened_port
from .answers import SEEDS as ANSWERS
from .requests import OK, forget

__all__ = ["once", "opened"]

SEEDS = [
    *ANSWERS,
    b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
]


def opened() -> AbstractContextManager[Port]:
    return opened_port(manifests.service(upstream={"url": "http://192.0.2.9:9"}), manifests.route())


def once(chance: random.Random, port: Port) -> str:
    content = damaged(chance, SEEDS)
    cut = chance.randrange(len(content) + 1)
    client = port.client().get("/", method="POST")  # which is sent once, whatever becomes of it
    upstream = next(it for it in port.loop.dialled if it.transport.take())
    for piece in filter(None, (content[:cut], content[cut:])):
        if not upstream.transport.end:
            port.answer(piece, upstream)
    if not upstream.transport.end:
        port.loop.call(upstream.transport.abort)
    said = client.take()
    client.leave()
    forget(port)
    assert port.loop.unhandled == [], (content, cut, port.loop.unhandled)
    assert said.startswith(b"HTTP/1.1 "), (content, cut, said)
    assert b"\r\n\r\n" in said, (content, cut, said)
    assert 100 <= int(said[9:12]) < 600, (content, cut, said)
    following = port.client().get("/")
    port.answer(OK, next(it for it in port.loop.dialled if it.transport.take()))
    assert following.statuses() == [200], (content, cut)
    following.leave()
    forget(port)
    return said[9:12].decode("latin-1")
