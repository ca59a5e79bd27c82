"""A load and an application in one process, for where there is no wrk and no nginx.

Each line on standard input, `PORT SALVOS CONNECTIONS WORKLOAD`, is one load; each line on
standard output, in JSON, is what it has seen.  The first line of output is the
port of the application.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
from collections.abc import Iterator
from typing import cast

import httptools
import uvloop

from bench.application import DOCUMENT
from bench.material import HOST, MANY, SECRET, Key
from bench.mixed import Request, requests

ANSWER = (
    f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(DOCUMENT)}\r\n\r\n{DOCUMENT}"
).encode()
LOAD_TIMEOUT_S = 60.0


class Application(asyncio.Protocol):
    """Answers each request without a body with the one document."""

    def __init__(self) -> None:
        self._unread = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are not of asyncio's class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        *heads, self._unread = (self._unread + data).split(b"\r\n\r\n")
        self._transport.write(ANSWER * len(heads))


class Client(asyncio.Protocol):
    """One connection of a load; whoever holds it says when it asks."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._is_waiting = False
        self._status = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: Request) -> None:
        self._is_waiting, self._status = True, request.status
        self._transport.write(request.wire)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._is_waiting = False
        status = self._parser.get_status_code()
        self._load.answered("" if status == self._status else f"status {status}")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_waiting:
            self._load.answered(f"connection lost: {exc}")

    def close(self) -> None:
        self._transport.close()


class Load:
    """A row of salvos: all connections ask at once, and again when all are answered.

    So a gateway finds about as much to do each time that it wakes up, however
    long it or the load had to wait for the processor: what it spends on a request
    depends on that.
    """

    def __init__(self, asked: Iterator[Request], salvos: int) -> None:
        self._asked = asked
        self._salvos = salvos
        self._unanswered = 0
        self._clients: list[Client] = []
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.errors: list[str] = []

    async def run(self, port: int, connections: int) -> None:
        loop = asyncio.get_running_loop()
        self._clients = [
            (await loop.create_connection(lambda: Client(self), "127.0.0.1", port))[1] for _ in range(connections)
        ]
        self._salvo()
        async with asyncio.timeout(LOAD_TIMEOUT_S):
            await self._over
        for client in self._clients:
            client.close()

    def answered(self, error: str) -> None:
        """Count an answer, or what came instead of one."""
        if error:
            self.errors.append(error)
        self._unanswered -= 1
        if self._unanswered == 0:
            self._salvo()

    def _salvo(self) -> None:
        if self._salvos == 0 or self.errors:
            self._over.set_result(None)
            return
        self._salvos -= 1
        self._unanswered = len(self._clients)
        for client in self._clients:
            client.ask(next(self._asked))


def requests_of(path: str, token: str) -> dict[str, Iterator[Request]]:
    """The requests of each workload, those of `mixed` without bodies, which the application here does not read."""
    host, authorization = f"Host: {HOST}\r\n", f"Authorization: Bearer {token}\r\n"
    start, bare = f"GET {path} HTTP/1.1\r\n{host}", f"GET {path}?number="
    return {
        "mixed": itertools.cycle(requests(Key("HS256", SECRET, SECRET), MANY, uploads=False)),
        "repeated": itertools.repeat(Request(f"{start}{authorization}\r\n".encode())),
        "unlike": (Request(f"{bare}{n} HTTP/1.1\r\n{host}{authorization}\r\n".encode()) for n in itertools.count()),
        "refused-missing": itertools.repeat(Request(f"{start}\r\n".encode(), 401)),
    }


async def serve(workloads: dict[str, Iterator[Request]]) -> None:
    """Be the application, and load what is named on standard input, until it ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Application, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        port, salvos, connections, workload = line.split()
        load = Load(workloads[workload], int(salvos))
        await load.run(int(port), int(connections))
        print(json.dumps({"errors": load.errors[:5]}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", required=True)
    parser.add_argument("--token", required=True)
    options = parser.parse_args()
    uvloop.run(serve(requests_of(options.path, options.token)))
