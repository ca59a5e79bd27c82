"""Damaged requests, one after another on a connection, cut anywhere: no 5xx, nothing uncaught, no way past a token.

As `heads`, but within this process and without sockets, so that there can be a million of them.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h11

from ..damage import damaged
from ..doors import Port, manifests, opened_port, raw, signed

__all__ = ["once", "opened"]

TOKEN = signed()
AUTHORIZATION = f"Authorization: Bearer {TOKEN}"
SEEDS = [
    raw.request("/a?b=c", "X-A: 1", "Cookie: a=b; jwt=c"),
    raw.request("/a", method="POST", body=b"hello"),
    b"POST /a HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    raw.request("/ws", "Connection: Upgrade", "Upgrade: websocket"),
    raw.request("/closed", "Authorization: Bearer e30.e30.MA"),
    raw.request("/closed/a", AUTHORIZATION),
    raw.request(f"/closed?jwt={TOKEN}", "Connection: x-a, close"),
    b"GET http://app.example.com/a HTTP/1.1\r\nHost: app.example.com\r\nExpect: 100-continue\r\n\r\n",
    b"GET /%63losed/../closed HTTP/1.0\r\nHost: app.example.com\r\nConnection: keep-alive\r\n\r\n",
]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@contextmanager
def opened() -> Iterator[Port]:
    """A gateway with an open route and one below /closed that wants a token."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    people = [manifests.consumer(), manifests.credential(), manifests.secret()]
    served = [manifests.service(upstream={"url": "http://192.0.2.9:9"}), manifests.route(), closed, *people]
    with opened_port(*served) as port:
        yield port


def once(chance: random.Random, port: Port) -> str:
    content = b"".join(damaged(chance, SEEDS) for _ in range(chance.randint(1, 3)))
    cut = chance.randrange(len(content) + 1)
    client = port.client()
    sent: dict[Any, bytes] = defaultdict(bytes)
    for piece in filter(None, (content[:cut], content[cut:])):
        if client.transport.is_paused or client.transport.end:
            break
        client.send(piece)
        answer(port, sent)
    statuses = client.statuses()
    client.leave()
    forget(port)
    assert port.loop.unhandled == [], (content, cut, port.loop.unhandled)
    assert [status for status in statuses if status >= 500] == [], (content, cut, statuses)
    for target in (target for packets in sent.values() for target in targets_of(packets)):
        is_closed = re.match(rb"/closed(?:[/?]|$)", target)
        assert not is_closed or TOKEN.encode() in content, (content, cut, target)
    return f"first answer {statuses[0]}" if statuses else "no answer"


def answer(port: Port, sent: dict[Any, bytes]) -> None:
    """Answer every request that went upstream, and note what went there by connection."""
    while asked := [it for it in port.loop.dialled if it.transport.written]:
        for connection in asked:
            sent[connection] += connection.transport.take()
            if connection.handler is not None:
                port.answer(OK, connection)


def targets_of(content: bytes) -> Iterator[bytes]:
    """The targets of the requests on one connection to the upstream, as h11 reads them; raises where it refuses one."""
    while content:
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(content)
        event = connection.next_event()
        if not isinstance(event, h11.Request):
            return
        yield event.target
        while not isinstance(event, h11.EndOfMessage):
            event = connection.next_event()
            if event is h11.NEED_DATA:
                return
        content = connection.trailing_data[0]


def forget(port: Port) -> None:
    """Keep nothing of an input that the next could meet, or that would add up."""
    port.loop.dialled[:] = [it for it in port.loop.dialled if not it.transport.end]
    port.loop.dials.clear()
    for kept in (port.observer.records, port.observer.errors, port.observer.evictions):
        kept.clear()
    port.loop.pass_time(0.5)
