"""The few ways in which the operator writes to the API server, all of them safe to repeat.

Objects are plain JSON values here; what they say belongs to the callers.  Every
write passes one gate: a replica that doesn't lead, or isn't certain that it still
does, writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio.client import ApiClient
from kubernetes.aio.client.exceptions import ApiException

from postern_operator.cluster.errors import QUOTA, NotLeadingError, RefusedError, UnreachableError

FIELD_MANAGER = "postern"

# The API server gives up on a request of its own after a minute; a write that takes longer than this is lost.
REQUEST_TIMEOUT_S = 15.0
CONNECT_TIMEOUT_S = 5.0

JSON = "application/json"
APPLY = "application/apply-patch+yaml"  # JSON is YAML.
MERGE = "application/merge-patch+json"

Manifest = Mapping[str, Any]


class _Status(msgspec.Struct, frozen=True):
    """Kubernetes' answer to what it refuses; its message may quote what was sent, so it is never passed on."""

    reason: str = ""
    message: str = ""


class Writer:
    """Writes as one field manager; `may_write` is asked before each request."""

    def __init__(self, client: ApiClient, may_write: Callable[[], bool] = lambda: True) -> None:
        self._client = client
        self._may_write = may_write

    async def apply(self, path: str, manifest: Manifest) -> dict[str, Any]:
        """Server-side apply: the fields sent are owned by the operator; returns the object as it is now."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return await self._ask("PATCH", path, query, manifest, APPLY)

    async def create(self, path: str, manifest: Manifest) -> dict[str, Any]:
        """Create what must not be there yet; `RefusedError` with reason AlreadyExists where it is."""
        return await self._ask("POST", path, {"fieldManager": FIELD_MANAGER}, manifest, JSON)

    async def merge(self, path: str, manifest: Manifest) -> dict[str, Any]:
        """Change the fields that are given of an object that must be there."""
        return await self._ask("PATCH", path, {"fieldManager": FIELD_MANAGER}, manifest, MERGE)

    async def delete(self, path: str, uid: str) -> None:
        """Delete this very object; that it isn't there any more is as good."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        try:
            await self._ask("DELETE", path, {}, options, JSON)
        except RefusedError as error:
            if error.status != 404:
                raise

    async def _ask(self, method: str, path: str, query: dict[str, str], body: Manifest, kind: str) -> dict[str, Any]:
        """One request; raises `ClusterError`."""
        what = f"{method} {path}"
        if not self._may_write():
            raise NotLeadingError(f"{what}: another replica leads")
        headers = {"Accept": JSON, "Content-Type": kind}
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
        try:
            _, url, headers, sent, _ = await self._client.param_serialize(
                method, path, header_params=headers, body=dict(body), auth_settings=["BearerToken"]
            )
            url = f"{url}?{urlencode(query)}" if query else url
            answer = await self._client.call_api(method, url, headers, sent, _request_timeout=timeout)
            content = await answer.response.read()
        except (TimeoutError, aiohttp.ClientError, ApiException, OSError) as error:
            # From None: a client's exception shows the request, which may be a Secret.
            raise UnreachableError(f"{what}: {type(error).__name__}") from None
        if not 200 <= answer.status < 300:
            raise _refusal(what, answer.status, answer.headers, content)
        try:
            return msgspec.json.decode(content, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise UnreachableError(f"{what}: an answer that is not JSON") from None


def _refusal(what: str, status: int, headers: Mapping[str, str], content: bytes) -> RefusedError:
    try:
        answered = msgspec.json.decode(content, type=_Status)
        reason = answered.reason
        # A quota has no word of its own, and "Forbidden" alone would hide it.
        if reason == "Forbidden" and QUOTA in answered.message:
            reason = f"{reason} ({QUOTA})"
    except (msgspec.MsgspecError, UnicodeDecodeError):
        reason = ""
    after = headers.get("Retry-After", "")
    return RefusedError(what, status, reason, float(after) if after.isdecimal() else None)
