"""Damaged requests: no 5xx, no way past a token, and h11 reads each head that was forwarded in the same way."""

from __future__ import annotations

import random
import re

import h11

from ..damage import damaged
from ..doors import Site, opened_site, raw

__all__ = ["once", "opened"]

SEEDS = [
    raw.request("/a?b=c", "X-A: 1", "Cookie: a=b; jwt=c"),
    raw.request("/a", method="POST", body=b"hello"),
    b"POST /a HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    raw.request("/ws", "Connection: Upgrade", "Upgrade: websocket"),
    raw.request("/closed", "Authorization: Bearer e30.e30.MA"),
    b"GET http://app.example.com/a HTTP/1.1\r\nHost: app.example.com\r\nExpect: 100-continue\r\n\r\n",
]
opened = opened_site


def once(chance: random.Random, site: Site) -> str:
    content = damaged(chance, SEEDS)
    site.upstream.forget()
    statuses = site.requests(content)
    seen = list(site.upstream.requests)
    assert [status for status in statuses if status >= 500] == [], content
    assert 0 <= len(seen) - statuses.count(200) <= statuses.count(408), content
    assert not any(re.match(r"/closed(?:[/?]|$)", one.target) for one in seen), content
    theirs = first_of_h11(content)
    if theirs is None or not seen or statuses[0] != 200:
        return f"first answer {statuses[0]}, h11 {'refuses' if theirs is None else 'reads'}"
    assert theirs == seen[0].start.split(" ")[0], (content, theirs)
    return "read alike"


def first_of_h11(content: bytes) -> str | None:
    """The method of the first request as h11 reads it; None where it refuses it or waits for more."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(content)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    return event.method.decode("ascii") if isinstance(event, h11.Request) else None
