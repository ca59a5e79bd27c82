"""What asks the gateway from within the cluster: single requests, and a constant load that counts every failure.

It runs in a Pod of its own, on Postern's image, and is told what to do over HTTP:
`POST /ask` sends one request and gives its answer; `POST /certificate` shakes hands,
and gives the serial number of the certificate that it is shown; `POST /load` starts the load, or
changes what it sends; `POST /stop` ends it; `GET /counts` says how it went.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

PORT = 8080
TIMEOUT_S = 10
# Each asks as soon as its pause is over; the last one opens a connection for every request.
KEEPING = 4
PAUSE_S = 0.05
EXAMPLES = 10


def session(*, keeps: bool, resolve: dict[str, Any] | None = None) -> ClientSession:
    """A client without cookies or redirects; certificates are checked against those that it is given."""
    context: ssl.SSLContext | bool = True
    if resolve and resolve.get("ca"):
        context = ssl.create_default_context(cadata=resolve["ca"])
    connector = TCPConnector(force_close=not keeps, ssl=context)
    return ClientSession(connector=connector, timeout=ClientTimeout(total=TIMEOUT_S), cookie_jar=DummyCookieJar())


def headers_of(asked: dict[str, Any]) -> dict[str, str]:
    """The headers of a request; with a `token_file` its token is what that holds, read for each as a Pod must."""
    headers = dict(asked.get("headers", {}))
    if "token_file" in asked:
        headers["Authorization"] = f"Bearer {Path(asked['token_file']).read_text().strip()}"
    return headers


async def ask(client: ClientSession, asked: dict[str, Any]) -> dict[str, Any]:
    """Send one request; gives what came back."""
    sending = client.request(
        asked.get("method", "GET"),
        asked["url"],
        headers=headers_of(asked),
        server_hostname=asked.get("server_name"),
        allow_redirects=False,
    )
    async with sending as answer:
        body = await answer.read()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return {"status": answer.status, "headers": headers, "body": base64.b64encode(body).decode()}


class Load:
    """A constant load, and what came of it."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self._statuses: Counter[str] = Counter()
        self._failures: list[str] = []
        self._longest_s = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        ways = [True] * KEEPING + [False]
        self._tasks = [asyncio.get_running_loop().create_task(self._go_on(keeps=keeps)) for keeps in ways]

    async def stop(self) -> None:
        """Let the requests under way end, and begin no other."""
        tasks, self._tasks = self._tasks, []
        if tasks:
            await asyncio.wait(tasks, timeout=TIMEOUT_S)

    def counts(self) -> dict[str, Any]:
        """How many were sent, how many failed, and examples of why."""
        sent = sum(self._statuses.values())
        failed = sent - self._statuses["200"]
        return {
            "sent": sent,
            "failed": failed,
            "statuses": dict(self._statuses),
            "examples": self._failures,
            "longest_s": round(self._longest_s, 3),
        }

    async def _go_on(self, *, keeps: bool) -> None:
        async with session(keeps=keeps, resolve=self.asked) as client:
            while self._tasks:
                await self._send(client)
                await asyncio.sleep(PAUSE_S)

    async def _send(self, client: ClientSession) -> None:
        began = time.monotonic()
        try:
            answer = await ask(client, self.asked)
            status, why = str(answer["status"]), str(answer)
        except (ClientError, OSError, TimeoutError) as error:
            status, why = type(error).__name__, repr(error)
        self._longest_s = max(self._longest_s, time.monotonic() - began)
        self._statuses[status] += 1
        if status != "200" and len(self._failures) < EXAMPLES:
            self._failures.append(f"{time.strftime('%H:%M:%S')} {why[:300]}")


LOADS = [Load()]


async def handle_ask(request: web.Request) -> web.Response:
    asked = await request.json()
    try:
        async with session(keeps=False, resolve=asked) as client:
            return web.json_response(await ask(client, asked))
    except (ClientError, OSError, TimeoutError) as error:
        return web.json_response({"error": repr(error)})


async def handle_certificate(request: web.Request) -> web.Response:
    asked = await request.json()
    context = ssl.create_default_context(cadata=asked["ca"])
    try:
        connecting = asyncio.open_connection(asked["host"], 443, ssl=context, server_hostname=asked["server_name"])
        _, writer = await asyncio.wait_for(connecting, TIMEOUT_S)
    except (OSError, TimeoutError) as error:
        return web.json_response({"error": repr(error)})
    shown = writer.get_extra_info("peercert")
    writer.close()
    return web.json_response({"serial": shown["serialNumber"]})


async def handle_load(request: web.Request) -> web.Response:
    asked = await request.json()
    begins = asked.pop("begin", False)
    if begins:
        await LOADS.pop().stop()
        LOADS.append(Load())
    LOADS[0].asked = asked
    if begins:
        LOADS[0].start()
    return web.json_response(LOADS[0].counts())


async def handle_stop(_: web.Request) -> web.Response:
    await LOADS[0].stop()
    return web.json_response(LOADS[0].counts())


async def handle_counts(_: web.Request) -> web.Response:
    return web.json_response(LOADS[0].counts())


def main() -> None:
    app = web.Application()
    app.add_routes(
        [
            web.post("/ask", handle_ask),
            web.post("/certificate", handle_certificate),
            web.post("/load", handle_load),
            web.post("/stop", handle_stop),
            web.get("/counts", handle_counts),
        ]
    )
    with suppress(KeyboardInterrupt):
        web.run_app(app, port=PORT, print=None)


if __name__ == "__main__":
    main()
