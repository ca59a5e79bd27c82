"""The page of the gateways that serve the folders, and the button that starts one."""

from __future__ import annotations

from aiohttp import web

from .folder_objects import FolderObjects
from .gatekeeper import fields_of, page_response
from .local_gateways import LocalGateways
from .rendering import Templates
from .views.gateways import gateways_page
from .views.links import GATEWAYS_PATH


class GatewayPages:
    """What serves, and what could."""

    def __init__(self, objects: FolderObjects, gateways: LocalGateways, templates: Templates) -> None:
        self._objects = objects
        self._gateways = gateways
        self._templates = templates

    async def show(self, _: web.Request) -> web.Response:
        state, running = await self._objects.state(), await self._gateways.running()
        page = gateways_page(state, running, self._gateways.mistake)
        return page_response(self._templates.render("gateways.html", page))

    async def start(self, request: web.Request) -> web.Response:
        """Start the gateway that is named, and return to the page when it serves."""
        state = await self._objects.state()
        (gateway,) = (await fields_of(request)).get("gateway") or [""]
        if gateway not in state.gateways:
            raise web.HTTPNotFound
        await self._gateways.start(gateway)
        raise web.HTTPSeeOther(GATEWAYS_PATH)
