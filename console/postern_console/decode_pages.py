"""Answers the form of "Decode and explain": by what `postern explain` has, on this machine."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click
from aiohttp import web

from postern_cli.explain import explained as explain
from postern_cli.explain import matters_to
from postern_cli.explanation.decoded_token import decode_token
from postern_cli.explanation.redaction import Redaction
from postern_cli.explanation.request import written_request

from .asked_request import AskedRequest, asked_of
from .gatekeeper import fields_of, is_fragment, page_response
from .objects import ConsoleObjects
from .rendering import Templates
from .state import ConsoleState
from .views.decode import decode_page, decoded, explained


class DecodePages:
    """The form, and what comes of it."""

    def __init__(self, objects: ConsoleObjects, templates: Templates) -> None:
        self._objects = objects
        self._templates = templates

    async def form(self, request: web.Request) -> web.Response:
        """The empty form; a link may bring a request, but no token, for addresses are remembered."""
        asked = asked_of(dict(request.query)).without_token
        return page_response(self._templates.render("decode.html", decode_page(await self._objects.state(), asked)))

    async def answer(self, request: web.Request) -> web.Response:
        """The result alone for a script, and below the form without one."""
        asked = asked_of({name: values[0] for name, values in (await fields_of(request)).items()})
        state = await self._objects.state()
        result = await self._result(asked, state)
        if is_fragment(request):
            return page_response(self._templates.render("decode_result.html", {"result": result}))
        return page_response(self._templates.render("decode.html", decode_page(state, asked, result)))

    async def _result(self, asked: AskedRequest, state: ConsoleState) -> dict[str, Any]:
        result: dict[str, Any] = {"token": None, "request": None, "mistake": "", "left_out": ()}
        if asked.token:
            result["token"] = decoded(decode_token(asked.token), state, time.time())
        if asked.url:
            if asked.gateway not in state.gateways:
                return result | {"mistake": "No Service is served by that gateway."}
            try:
                written = written_request(*asked.written())
                head = written.read()
            except click.UsageError as error:
                return result | {"mistake": error.message}
            snapshot, result["left_out"] = await self._objects.snapshot(asked.gateway, matters_to(head))
            explanation = await asyncio.to_thread(explain, written, head, snapshot)
            redaction = Redaction(snapshot.policies, explanation.token or asked.token)
            result["request"] = explained(explanation, redaction, state)
        elif not asked.token:
            result["mistake"] = "Paste a token, or give the URL of a request, or both."
        return result
