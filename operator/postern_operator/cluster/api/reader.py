"""Lists and watches as the API server sends them, page by page and line by line.

Objects stay undecoded until a feed wants them: of most Secrets in a cluster only
the metadata is ever decoded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

# What every request to the API server may end in, and time may heal.
API_ERRORS = (ApiException, aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError)

PAGE_SIZE = 500
CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0
# The server sends a bookmark about every minute; a stream that is silent for longer is dead.
SILENCE_S = 90.0
# How much longer than the server is asked to keep a watch we wait for it to end.
WATCH_GRACE_S = 10.0

GONE = 410
# What a busy API server answers, and one whose storage for a kind is not ready yet: to ask later.
TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind as the API server's paths name it."""

    api_version: str
    kind: str
    plural: str
    is_namespaced: bool = True

    def path(self, namespace: str = "", name: str = "") -> str:
        """Of all objects, of those in a namespace, or of one."""
        root = "/api/" if "/" not in self.api_version else "/apis/"
        parts = [root + self.api_version]
        if namespace and self.is_namespaced:
            parts += ["namespaces", namespace]
        return "/".join([*parts, self.plural, *([name] if name else [])])


class PartialObject(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What of an object's metadata says whether it matters; a bookmark has no name."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] = {}

    @property
    def version(self) -> int:
        """The resourceVersion, which grows with every change; 0 where it isn't a number."""
        return version_of(self.resource_version)


class Item(msgspec.Struct, frozen=True, gc=False):
    """An object, of which only the heading has been read."""

    metadata: PartialObject


class _ListMetadata(msgspec.Struct, frozen=True):
    resource_version: str = msgspec.field(default="", name="resourceVersion")
    following: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct, frozen=True):
    """A part of a list."""

    metadata: _ListMetadata
    items: list[msgspec.Raw] | None = None


class WatchLine(msgspec.Struct, frozen=True):
    """One event of a watch: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."""

    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct, frozen=True):
    code: int = 0
    reason: str = ""


def version_of(resource_version: str) -> int:
    """A resourceVersion as a number, by which two of one server can be compared; 0 where it isn't one."""
    return int(resource_version) if resource_version.isdecimal() else 0


def manifest_of(resource: Resource, raw: msgspec.Raw) -> dict[str, Any]:
    """The whole object; lists leave out what all of their items are."""
    return {"apiVersion": resource.api_version, "kind": resource.kind, **msgspec.json.decode(raw)}


async def get_object(api: client.ApiClient, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
    """One object, None where there is none; raises one of `API_ERRORS`."""
    timeout = aiohttp.ClientTimeout(total=READ_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
    try:
        async with await _answer(api, resource.path(namespace, name), {}, timeout) as answer:
            return manifest_of(resource, msgspec.Raw(await answer.read()))
    except ApiException as error:
        if error.status == 404:
            return None
        raise


async def get_document(api: client.ApiClient, path: str, bytes_max: int) -> bytes:
    """Return what the API server itself answers at a path; raises one of `API_ERRORS`.

    A redirect has an answer of another place, which counts as none; no account of ours goes there.
    """
    timeout = aiohttp.ClientTimeout(total=READ_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
    async with await _answer(api, path, {}, timeout) as answer:
        if answer.history:
            raise ApiException(status=answer.history[0].status, reason="a redirect")
        content = bytearray()
        async for part in answer.content.iter_any():
            content += part
            if len(content) > bytes_max:
                raise ApiException(status=answer.status, reason="too much")
        return bytes(content)


async def pages(api: client.ApiClient, resource: Resource, namespace: str = "") -> AsyncIterator[Page]:
    """All objects as they are now, a page at a time; raises one of `API_ERRORS`."""
    timeout = aiohttp.ClientTimeout(total=READ_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
    query = {"limit": str(PAGE_SIZE)}
    while True:
        async with await _answer(api, resource.path(namespace), query, timeout) as answer:
            page = msgspec.json.decode(await answer.read(), type=Page)
        yield page
        if not page.metadata.following:
            return
        query["continue"] = page.metadata.following


async def lines(
    api: client.ApiClient,
    resource: Resource,
    namespace: str,
    since: str,
    for_s: int,
    *,
    opened: Callable[[], None] = lambda: None,
) -> AsyncIterator[WatchLine]:
    """What changes after `since`, for so many seconds; ends when the server ends it, raises one of `API_ERRORS`.

    `opened` is called once the server has accepted the watch.
    """
    query = {"watch": "1", "allowWatchBookmarks": "true", "resourceVersion": since, "timeoutSeconds": str(for_s)}
    timeout = aiohttp.ClientTimeout(
        total=for_s + WATCH_GRACE_S, sock_connect=CONNECT_TIMEOUT_S, sock_read=min(SILENCE_S, for_s + WATCH_GRACE_S)
    )
    async with await _answer(api, resource.path(namespace), query, timeout) as answer:
        opened()
        async for content in answer.content:
            line = msgspec.json.decode(content, type=WatchLine)
            if line.type == "ERROR":
                status = msgspec.json.decode(line.object, type=_Status)
                raise ApiException(status=status.code, reason=status.reason)
            yield line


async def _answer(
    api: client.ApiClient, path: str, query: dict[str, str], limits: aiohttp.ClientTimeout
) -> aiohttp.ClientResponse:
    """The answer to a GET, whose head has come; a refusal raises `ApiException` without what it said."""
    method, url, headers, _, _ = await api.param_serialize("GET", path, auth_settings=["BearerToken"])
    target = f"{url}?{urlencode(query)}" if query else url
    answer = await api.call_api(method, target, headers, _request_timeout=limits)
    response: aiohttp.ClientResponse = answer.response
    if not response.ok:
        response.release()
        raise ApiException(status=response.status, reason=response.reason)
    return response
