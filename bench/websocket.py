"""WebSockets: an application that echoes, and a load that counts what comes back; wrk knows none.

`python -m bench.websocket echo --port 8000` and
`python -m bench.websocket load --port 9000 --token ... --connections 16 --seconds 3`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time

import uvloop
from aiohttp import ClientError, ClientSession, TCPConnector, WSMsgType, web

from bench.material import HOST

MESSAGE = b"sixteen bytes ok"
TIMEOUT_S = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("echo", "load"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/v1/echo")
    parser.add_argument("--token", default="")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    if options.what == "echo":
        application = web.Application()
        application.router.add_get("/{anywhere:.*}", echo)
        uvloop.install()
        web.run_app(application, host="127.0.0.1", port=options.port, access_log=None, print=None)
    else:
        print(uvloop.run(load(options)))


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send back whatever comes."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def load(options: argparse.Namespace) -> str:
    """Send and wait, over each connection by itself; gives the line that wrk's script writes, too."""
    took_s: list[float] = []
    broken = 0
    url = f"http://127.0.0.1:{options.port}{options.path}"
    headers = {"Host": HOST, "Authorization": f"Bearer {options.token}"}

    async def converse(session: ClientSession, end: float) -> None:
        nonlocal broken
        try:
            async with session.ws_connect(url, headers=headers) as socket:
                while (began := time.perf_counter()) < end:
                    await socket.send_bytes(MESSAGE)
                    answer = await socket.receive_bytes(timeout=TIMEOUT_S)
                    broken += answer != MESSAGE
                    took_s.append(time.perf_counter() - began)
        except (ClientError, OSError, TypeError):
            broken += 1

    began = time.perf_counter()
    async with ClientSession(connector=TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:
        for _ in range(options.connections):
            group.create_task(converse(session, began + options.seconds))
    return report(took_s, time.perf_counter() - began, broken)


def report(took_s: list[float], duration_s: float, broken: int) -> str:
    """What was measured, in the form of `report.lua`."""
    ordered = sorted(took_s) or [0.0]

    def percentile(share: float) -> int:
        return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e6)

    said = {
        "requests": len(took_s), "duration_us": round(duration_s * 1e6), "p50_us": percentile(0.5),
        "p99_us": percentile(0.99), "p999_us": percentile(0.999), "refused": 0, "broken": broken,
    }  # fmt: skip
    return f"REPORT {json.dumps(said)}"


if __name__ == "__main__":
    main()
