"""The application of a console put together: which address shows which page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from postern_core.ref import Ref

from .access import Access
from .decode_pages import DecodePages
from .edit_pages import KIND_BY_PLURAL as WRITTEN
from .edit_pages import EditPages
from .gatekeeper import Gatekeeper, page_response
from .live_pages import PARTS, LivePages
from .objects import ConsoleObjects
from .paging import Query, query_of
from .rendering import STATIC, Templates
from .shown_kinds import SHOWN_KINDS
from .token_pages import TokenPages
from .try_pages import TryPages
from .views.about import about_page
from .views.links import ABOUT_PATH, DENIALS_PATH, GATEWAYS_PATH
from .views.object_detail import object_detail
from .views.object_list import object_list
from .views.overview import overview

# No form of a console is larger.
BODY_BYTES_MAX = 256 * 1024
KIND_BY_PLURAL = {kind.plural: name for name, kind in SHOWN_KINDS.items()}


def new_application(objects: ConsoleObjects, access: Access, port: int) -> web.Application:
    """Return the application, whose every request has passed the gatekeeper."""
    templates = Templates(access.form_token)
    gatekeeper = Gatekeeper(access, templates, port)
    application = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[gatekeeper.admit])
    application.on_response_prepare.append(gatekeeper.add_headers)
    pages = Pages(objects, templates)
    application.router.add_get("/start/{link}", gatekeeper.start, allow_head=False)
    application.router.add_get("/", pages.overview)
    application.router.add_static("/static", STATIC)
    decode = DecodePages(objects, templates)
    application.router.add_get("/decode", decode.form)
    application.router.add_post("/decode", decode.answer)
    tokens = TokenPages(objects, templates)
    application.router.add_get("/jwtcredentials/{namespace}/{name}/token", tokens.form)
    application.router.add_post("/jwtcredentials/{namespace}/{name}/token", tokens.answer)
    tries = TryPages(objects, templates)
    application.router.add_get("/routes/{namespace}/{name}/try", tries.form)
    application.router.add_post("/routes/{namespace}/{name}/try", tries.answer)
    live = LivePages(objects, templates)
    application.router.add_get(GATEWAYS_PATH, live.gateways)
    application.router.add_post(GATEWAYS_PATH, live.start)
    application.router.add_get(DENIALS_PATH, live.denials)
    application.router.add_get(f"/events/{{part:{'|'.join(PARTS)}}}", live.events)
    application.router.add_get(ABOUT_PATH, pages.about)
    edit = EditPages(objects, templates)
    written = "|".join(WRITTEN)
    for path in (f"/{{plural:{written}}}/new", f"/{{plural:{written}}}/{{namespace}}/{{name}}/edit"):
        application.router.add_get(path, edit.form)
        application.router.add_post(path, edit.answer)
    plurals = "|".join(KIND_BY_PLURAL)
    application.router.add_get(f"/{{plural:{plurals}}}", pages.object_list)
    application.router.add_get(f"/{{plural:{plurals}}}/{{namespace}}/{{name}}", pages.object_detail)
    return application


class Pages:
    """The pages that read."""

    def __init__(self, objects: ConsoleObjects, templates: Templates) -> None:
        self._objects = objects
        self._templates = templates

    async def overview(self, request: web.Request) -> web.Response:
        return self._page("overview.html", overview(await self._objects.state(), _query(request)))

    async def object_list(self, request: web.Request) -> web.Response:
        kind = KIND_BY_PLURAL[request.match_info["plural"]]
        state, permissions = await self._objects.state(), await self._objects.permissions(Ref(kind, "", ""))
        return self._page("list.html", object_list(state, kind, _query(request), permissions))

    async def object_detail(self, request: web.Request) -> web.Response:
        state = await self._objects.state()
        given = request.match_info
        parsed = state.objects.get(Ref(KIND_BY_PLURAL[given["plural"]], given["namespace"], given["name"]))
        if parsed is None:
            raise web.HTTPNotFound
        document = await self._objects.document(parsed)
        permissions = await self._objects.permissions(parsed.ref)
        return self._page("object.html", object_detail(state, parsed, document, permissions))

    async def about(self, _: web.Request) -> web.Response:
        return self._page("about.html", about_page(await self._objects.state()))

    def _page(self, template: str, context: Mapping[str, Any]) -> web.Response:
        return page_response(self._templates.render(template, context))


def _query(request: web.Request) -> Query:
    given = request.query
    return query_of(given.get("q", ""), given.get("only", ""), given.get("page", ""))
