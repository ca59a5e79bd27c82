"""Changes bytes in small ways, as an attacker would and as broken programs do."""

from __future__ import annotations

import random

SPLICES = [
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b",", b";", b"%", b"%2f", b"/../", b"#", b"\xff",
    b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n", b"\r\n ", b"0\r\n\r\n", b"chunked, ",
    b"GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n",
]  # fmt: skip


def damaged(chance: random.Random, seeds: list[bytes], splices: list[bytes] = SPLICES) -> bytes:
    """One of the seeds, changed in one or two places."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(content) + 1)
        match chance.randrange(4):
            case 0:
                content[at:at] = chance.choice(splices)
            case 1:
                del content[at : at + chance.randint(1, 4)]
            case 2:
                content[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                content[at:at] = content[at : at + chance.randint(1, 20)]
    return bytes(content)
