"""Damaged requests, to a gateway that is a process: no 5xx, and no way past a token."""

from __future__ import annotations

import random
import re

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
    return f"first answer {statuses[0]}"
