"""Several good requests on a connection, cut anywhere: the answers and what goes upstream are those of the whole."""

from __future__ import annotations

import random
import time

from ..doors import Site, opened_site, raw

__all__ = ["once", "opened"]

REQUESTS = [
    raw.request("/a?b=c", "X-A: 1"),
    raw.request("/a", "X-A: 1", method="POST", body=b"hello"),
    b"POST /b HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    raw.request("/closed"),
    raw.request("/c", "Authorization: Bearer e30.e30.MA"),
    b"\r\n" + raw.request("/d"),
]
opened = opened_site


def once(chance: random.Random, site: Site) -> str:
    parts = [chance.choice(REQUESTS) for _ in range(chance.randint(1, 5))]
    content = b"".join(parts) + raw.request("/", "Connection: close")
    whole = outcome_of(site, [content])
    cuts = sorted(chance.randrange(1, len(content)) for _ in range(chance.randint(1, 4)))
    pieces = [content[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert len(parts) + 1 == len(whole[0]), content
    assert whole == outcome_of(site, pieces), (content, cuts)
    return f"{len(parts)} requests alike"


def outcome_of(site: Site, pieces: list[bytes]) -> tuple[list[int], list[tuple[str, bytes]]]:
    """The statuses of the answers, and the request lines and bodies that went upstream."""
    site.upstream.forget()
    with raw.Client(site.gateway.listen) as client:
        for piece in pieces:
            client.send(piece)
            if len(pieces) > 1:
                time.sleep(0.001)  # so that a piece is a packet; nothing depends on it
        said = client.rest()
    statuses = [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]
    return statuses, [(one.start, data_of(one.body)) for one in site.upstream.requests]


def data_of(body: bytes) -> bytes:
    """The data of a body; a chunk that came in two packets goes upstream as two chunks."""
    if not body.endswith(b"0\r\n\r\n"):
        return body
    data = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        data, body = data + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return data
