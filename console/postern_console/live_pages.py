"""The pages of what happens now, and their streams: the same part of the page, sent anew every few seconds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from postern_cli.errors import CommandError
from postern_operator.errors import OperatorError

from .gatekeeper import fields_of, page_response
from .live.monitor import LiveMonitor
from .objects import ConsoleObjects
from .rendering import Templates
from .views.links import GATEWAYS_PATH
from .views.live import denials_page, gateways_page, live_context

# Each open page is one; a browser opens six connections to a host.
STREAMS_MAX = 16
PARTS = {"gateways": "live_gateways.html", "denials": "live_denials.html"}


class LivePages:
    """Everything is there without a script; with one it is kept up to date."""

    def __init__(self, objects: ConsoleObjects, templates: Templates) -> None:
        self._objects = objects
        self._gateways = objects.gateways
        self._templates = templates
        self._monitor = LiveMonitor(objects.gateways)
        self._streams = 0

    async def gateways(self, _: web.Request) -> web.Response:
        """Which gateways serve, and what could be started."""
        state, view = await self._objects.state(), await self._monitor.view()
        startable = state.gateways if self._gateways.can_start else ()
        return self._page("gateways.html", gateways_page(view, startable, self._gateways.mistake))

    async def denials(self, _: web.Request) -> web.Response:
        return self._page("denials.html", denials_page(await self._monitor.view()))

    async def start(self, request: web.Request) -> web.Response:
        """Start the gateway that is named, and return to the page when it serves."""
        state = await self._objects.state()
        gateway, *_ = (await fields_of(request)).get("gateway") or [""]
        if gateway not in state.gateways or not self._gateways.can_start:
            raise web.HTTPNotFound
        await self._gateways.start(gateway)
        raise web.HTTPSeeOther(GATEWAYS_PATH)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events (HTML, section 9.2) until the page is closed; they don't make a session last longer."""
        template = PARTS[request.match_info["part"]]
        if self._streams >= STREAMS_MAX:
            raise web.HTTPServiceUnavailable
        self._streams += 1
        try:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
            await response.prepare(request)
            # With an error the stream ends, and the page says so.
            with contextlib.suppress(ConnectionError, OperatorError, CommandError):
                while True:
                    await response.write(await self._event(template))
                    await asyncio.sleep(self._gateways.every_s)
            return response
        finally:
            self._streams -= 1

    async def _event(self, template: str) -> bytes:
        text = self._templates.render(template, live_context(await self._monitor.view()))
        lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
        return f"{lines}\n".encode("utf-8", "backslashreplace")

    def _page(self, template: str, context: Mapping[str, Any]) -> web.Response:
        return page_response(self._templates.render(template, context))
