"""An API server that gives the answers that a test has written down, in order, and keeps what it was asked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from kubernetes.aio.client import ApiClient, Configuration


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    kind: str
    body: Any


class AnsweringAPI:
    """`answers` are status and content; without one left it fails."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[Asked] = []

    async def handle(self, request: web.Request) -> web.Response:
        text = await request.text()
        query = dict(request.query)
        self.asked.append(
            Asked(request.method, request.path, query, request.content_type, json.loads(text) if text else None)
        )
        status, content = self.answers.pop(0)
        if isinstance(content, str):
            return web.Response(status=status, text=content)
        return web.json_response(content, status=status)


def refused(status: int, reason: str = "", message: str = "", *causes: tuple[str, str, str]) -> tuple[int, Any]:
    """A refusal, whose causes are reason, message and field."""
    told = [dict(zip(("reason", "message", "field"), cause, strict=True)) for cause in causes]
    return status, {"kind": "Status", "reason": reason, "message": message, "details": {"causes": told}}


@contextlib.asynccontextmanager
async def answering() -> AsyncIterator[tuple[AnsweringAPI, ApiClient]]:
    """A running one, and a client of it."""
    api = AnsweringAPI()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = ApiClient(Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}"))
    try:
        yield api, client
    finally:
        await client.close()
        await runner.cleanup()
