"""Answers the form "Try it" of a Route: what the gateway does with a request, beside what `postern explain` says."""

from __future__ import annotations

import asyncio
from typing import Any

import click
from aiohttp import web

from postern_cli.explain import explained as explain
from postern_cli.explain import matters_to
from postern_cli.explanation.redaction import Redaction
from postern_cli.running_gateways import RunningGateway
from postern_core.ref import Ref

from .calls import RouteCall, route_call_of
from .gatekeeper import fields_of, is_fragment, page_response
from .objects import ConsoleObjects
from .rendering import Templates
from .send_request import NoAnswer, send_request
from .state import ConsoleState
from .tried_request import TriedRequest, tried_request_of
from .views.decode import explained
from .views.try_request import shown_answer, try_page


class TryPages:
    """The form, and what comes of it. A token is in no page, and kept nowhere."""

    def __init__(self, objects: ConsoleObjects, templates: Templates) -> None:
        self._objects = objects
        self._templates = templates

    async def form(self, request: web.Request) -> web.Response:
        state, route = await self._route(request)
        gateway = await self._gateway(route)
        page = try_page(state, route, gateway, tried_request_of({}, route.call))
        return page_response(self._templates.render("try.html", page))

    async def answer(self, request: web.Request) -> web.Response:
        """The answer alone for a script, and below the form without one."""
        state, route = await self._route(request)
        form = {name: values[0] for name, values in (await fields_of(request)).items()}
        tried = tried_request_of(form, route.call)
        gateway = await self._gateway(route)
        result = await self._result(state, route, gateway, tried)
        if is_fragment(request):
            return page_response(self._templates.render("try_result.html", {"result": result}))
        page = try_page(state, route, gateway, tried.without_secrets, result)
        return page_response(self._templates.render("try.html", page))

    async def _route(self, request: web.Request) -> tuple[ConsoleState, RouteCall]:
        state = await self._objects.state()
        parsed = state.objects.get(Ref("Route", request.match_info["namespace"], request.match_info["name"]))
        route = route_call_of(parsed, state) if parsed else None
        if route is None or state.cluster:
            raise web.HTTPNotFound
        return state, route

    async def _gateway(self, route: RouteCall) -> RunningGateway | None:
        """The first that runs of those that serve the Route."""
        running = {it.gateway: it for it in await self._objects.gateways.running()}
        return next((running[name] for name in route.gateways if name in running), None)

    async def _result(
        self, state: ConsoleState, route: RouteCall, gateway: RunningGateway | None, tried: TriedRequest
    ) -> dict[str, Any]:
        result: dict[str, Any] = {"mistake": "", "answer": None, "explained": None}
        if gateway is None:
            return result | {"mistake": f"No gateway named {' or '.join(route.gateways)} runs on these folders."}
        try:
            written = tried.written(route.call)
        except click.UsageError as error:
            return result | {"mistake": error.message}
        head = written.read()
        snapshot, _ = await self._objects.snapshot(gateway.gateway, matters_to(head))
        explanation = await asyncio.to_thread(explain, written, head, snapshot)
        redaction = Redaction(snapshot.policies, explanation.token or tried.token)
        result["explained"] = explained(explanation, redaction, state)
        try:
            answer = await send_request(gateway.url, written.content + tried.body.encode(), written.method)
        except NoAnswer as error:
            return result | {"mistake": str(error)}
        return result | {"answer": shown_answer(answer, redaction, tried.token)}
