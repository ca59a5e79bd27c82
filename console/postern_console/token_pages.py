"""Makes tokens, by what `postern token` has; each is in one response, and kept nowhere."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click
from aiohttp import web

from postern_cli.token_signing import Times, choose_key, claims_of, sign
from postern_core.parse import Decoded, is_a
from postern_core.ref import Ref
from postern_core.resources.jwt_credential import JWTCredential
from postern_core.snapshot import Credential

from .calls import GATEWAY, curl_line
from .gatekeeper import fields_of, is_fragment, page_response
from .objects import ConsoleObjects
from .rendering import Templates
from .state import ConsoleState
from .token_request import TokenRequest, claims_of_rows, times_of, token_request_of
from .views.token import routes_to_call, token_page, token_result


class TokenPages:
    """The form, and what comes of it."""

    def __init__(self, objects: ConsoleObjects, templates: Templates) -> None:
        self._objects = objects
        self._templates = templates

    async def form(self, request: web.Request) -> web.Response:
        state, parsed = await self._credential(request)
        asked = TokenRequest(gateway=next((it.url for it in await self._objects.gateways.running()), GATEWAY))
        return page_response(self._templates.render("token.html", token_page(state, parsed, asked, {})))

    async def answer(self, request: web.Request) -> web.Response:
        """The token alone for a script, and below the form without one; the form again for mistakes."""
        state, parsed = await self._credential(request)
        form = await fields_of(request)
        asked = token_request_of(form)
        result, mistakes = await self._result(state, parsed, asked, is_preview=form.get("action") == ["preview"])
        if mistakes:
            page = token_page(state, parsed, asked, mistakes)
            return page_response(self._templates.render("token.html", page), 422)
        if is_fragment(request):
            return page_response(self._templates.render("token_result.html", {"result": result}))
        return page_response(self._templates.render("token.html", token_page(state, parsed, asked, {}, result)))

    async def _credential(self, request: web.Request) -> tuple[ConsoleState, Decoded[JWTCredential]]:
        state = await self._objects.state()
        ref = Ref("JWTCredential", request.match_info["namespace"], request.match_info["name"])
        parsed = state.objects.get(ref)
        # The tokens of an identity provider are made there.
        if not is_a(parsed, JWTCredential) or parsed.resource.spec.issuer_ref is not None:
            raise web.HTTPNotFound
        return state, parsed

    async def _result(
        self, state: ConsoleState, parsed: Decoded[JWTCredential], asked: TokenRequest, *, is_preview: bool
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """What comes of a form, or its mistakes by field."""
        now_s = time.time()
        times = times_of(asked, now_s)
        given, mistakes = claims_of_rows(asked)
        if not isinstance(times, Times):
            return {}, mistakes | {"expires": times}
        spec = parsed.resource.spec
        if asked.key_claim in ("iat", "exp"):
            mistakes["key_claim"] = "is a date"
        if not spec.own_algorithm.startswith("HS") and not asked.private_key and not is_preview:
            mistakes["private_key"] = "is what the token is signed with"
        if mistakes:
            return {}, mistakes
        if is_preview:
            key = spec.key or parsed.ref.name
            return token_result({asked.key_claim: key, "iat": times.issued_s, "exp": times.expires_s, **given}), {}
        try:
            credential = await self._objects.credential(parsed.ref)
            payload, token = await asyncio.to_thread(_make, credential, asked, times, given)
        except click.ClickException as error:
            return {}, {"": error.message}
        call = routes_to_call(state, parsed.ref.namespace).get(asked.route)
        line = curl_line(call, token, asked.gateway) if call else ""
        route = None if state.cluster else Ref("Route", parsed.ref.namespace, asked.route)
        return token_result(payload, token, line, route), {}


def _make(
    credential: Credential, asked: TokenRequest, times: Times, given: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """Make a token; raises `click.ClickException` where the credential can't sign one."""
    payload = claims_of(credential, asked.key_claim, times, given)
    keys = choose_key(credential, asked.key_id or None, times.issued_s)
    return payload, sign(credential, keys, payload, asked.private_key.encode() or None)
