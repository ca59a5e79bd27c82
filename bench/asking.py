"""A light load over kept connections, and the application behind the gateway, in the loop of whoever measures."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from bench.gateway import TOKEN_HEADER
from bench.material import HOST

CLIENTS = 4
# Between two requests of a client: a light load, so that what a reload takes is not hidden by what the load takes.
THINK_S = 0.01
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(slots=True)
class Seen:
    """What clients have seen: how long each request took, in seconds, and what went wrong."""

    took_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def percentile_ms(self, percent: int) -> float:
        """The time within which so many of a hundred requests were answered."""
        return sorted(self.took_s)[min(len(self.took_s) * percent // 100, len(self.took_s) - 1)] * 1000


async def load(seen: Seen, port: int, path: str, requests: int) -> None:
    """Ask so often, by several clients at once."""
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_client(seen, port, path, requests // CLIENTS))


async def _client(seen: Seen, port: int, path: str, requests: int) -> None:
    """Ask over one connection, again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(requests):
        began = time.monotonic()
        try:
            status = await _ask(reader, writer, path)
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.failures.append(type(error).__name__)
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        if status != 200:
            seen.failures.append(f"status {status}")
        seen.took_s.append(time.monotonic() - began)
        await asyncio.sleep(THINK_S)
    writer.close()


async def status(port: int, path: str) -> int:
    """The status of one request over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _ask(reader, writer, path)
    finally:
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{TOKEN_HEADER}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head[9:12])


async def application(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer whatever is asked over a connection."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        writer.close()
