"""Requests of a console to the API server that may change something, as one field manager; a refusal is a value.

What is asked and what a refusal means belongs in `applying` and `access_reviews`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio.client import ApiClient
from kubernetes.aio.client.exceptions import ApiException

from postern_cli.cluster.api_get import UNAUTHORIZED, in_words
from postern_operator.cluster.api.writer import APPLY, CONNECT_TIMEOUT_S, JSON, MERGE, REQUEST_TIMEOUT_S

FIELD_MANAGER = "postern-console"
CONFLICT, INVALID = 409, 422

Manifest = Mapping[str, Any]


class Cause(msgspec.Struct, frozen=True):
    """One of the reasons of a refusal, and the field that it is about."""

    reason: str = ""
    message: str = ""
    field: str = ""


class _Details(msgspec.Struct, frozen=True):
    causes: tuple[Cause, ...] = ()


class _Status(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""
    details: _Details = _Details()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success; messages may quote what was sent."""

    status: int
    reason: str
    message: str
    causes: tuple[Cause, ...]


async def apply(
    api: ApiClient, path: str, manifest: Manifest, *, is_dry: bool, is_forced: bool
) -> dict[str, Any] | Refusal:
    """Apply server side: the object as it is then, or with `is_dry` would be."""
    query = {"force": "true" if is_forced else "false"}
    return await _ask(api, ("PATCH", path), query | _dry(is_dry=is_dry), manifest, APPLY)


async def merge(api: ApiClient, path: str, manifest: Manifest, *, is_dry: bool) -> dict[str, Any] | Refusal:
    """Change the fields that are given; null removes one."""
    return await _ask(api, ("PATCH", path), _dry(is_dry=is_dry), manifest, MERGE)


async def create(api: ApiClient, path: str, manifest: Manifest, *, is_dry: bool = False) -> dict[str, Any] | Refusal:
    """Create what must not be there yet."""
    return await _ask(api, ("POST", path), _dry(is_dry=is_dry), manifest, JSON)


def _dry(*, is_dry: bool) -> dict[str, str]:
    return {"dryRun": "All"} if is_dry else {}


async def _ask(
    api: ApiClient, target: tuple[str, str], query: dict[str, str], body: Manifest, kind: str
) -> dict[str, Any] | Refusal:
    """One request; raises `ClusterReadingError` without an answer, and where the API server does not know the user."""
    limits = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
    headers = {"Accept": JSON, "Content-Type": kind}
    method, path = target
    with in_words(api, path):
        _, url, headers, sent, _ = await api.param_serialize(
            method, path, header_params=headers, body=dict(body), auth_settings=["BearerToken"]
        )
        asked = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"} | query
        answer = await api.call_api(method, f"{url}?{urlencode(asked)}", headers, sent, _request_timeout=limits)
        content = await answer.response.read()
        if answer.status == UNAUTHORIZED:
            raise ApiException(status=answer.status, reason=answer.reason)
        if 200 <= answer.status < 300:
            return msgspec.json.decode(content, type=dict[str, Any])
    return _refusal(answer.status, content)


def _refusal(status: int, content: bytes) -> Refusal:
    try:
        said = msgspec.json.decode(content, type=_Status)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        said = _Status()
    return Refusal(status, said.reason, said.message, said.details.causes)
