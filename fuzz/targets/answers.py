"""Damaged answers of an upstream: the client gets a whole answer, a 502 or an end, and the next request is served."""

from __future__ import annotations

import random

from ..damage import damaged
from ..doors import Exchange, Site, opened_site, raw

__all__ = ["once", "opened"]

SEEDS = [
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}',
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
]
opened = opened_site


def once(chance: random.Random, site: Site) -> str:
    content = damaged(chance, SEEDS)

    def says(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(content)
        exchange.close()

    site.upstream.forget()
    site.upstream.on("/hostile", says)
    said = raw.everything(site.gateway.listen, raw.request("/hostile", "Connection: close"))
    assert said.startswith(b"HTTP/1.1 "), (content, said)
    assert b"\r\n\r\n" in said, (content, said)
    assert raw.ask(site.gateway.listen, raw.request("/")).status == 200, content
    return said[9:12].decode("latin-1")
