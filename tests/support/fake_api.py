"""As much of an API server as the operator writes to: objects by path, server-side apply, and failures on demand.

What the real one makes of a request is tested in tests/cluster.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web
from kubernetes.aio.client import ApiClient, Configuration


class FakeAPI:
    """Objects by path, and every write in `writes` as method, path and body.

    `failures` are answers given instead, in order: a status, a reason and headers.
    `refuses` gives one for a path and a body, None where there is nothing wrong;
    `message` is what every refusal says.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        self.queries: list[dict[str, str]] = []
        self.failures: list[tuple[int, str, dict[str, str]]] = []
        self.refuses: Callable[[str, dict[str, Any]], tuple[int, str] | None] = lambda _path, _body: None
        self.message = "invalid value: QUOTED"
        self._versions = 0

    def put(self, path: str, manifest: dict[str, Any]) -> dict[str, Any]:
        """An object that is simply there, or was changed by somebody."""
        self._versions += 1
        before = self.objects.get(path, {}).get("metadata", {})
        uid = before.get("uid") or f"uid-{self._versions}"
        metadata = {"uid": uid, **manifest["metadata"], "resourceVersion": str(self._versions)}
        self.objects[path] = {**manifest, "metadata": metadata}
        return self.objects[path]

    def paths(self, method: str) -> list[str]:
        """The paths that were written to so, in order."""
        return [path for used, path, _ in self.writes if used == method]

    async def handle(self, request: web.Request) -> web.Response:
        body = json.loads(await request.text() or "{}")
        if request.method != "GET":
            self.writes.append((request.method, request.path, body))
            self.queries.append(dict(request.query))
        if self.failures:
            return _refused(*self.failures.pop(0), message=self.message)
        refused = self.refuses(request.path, body)
        if refused is not None:
            return _refused(*refused, message=self.message)
        answer: web.Response = getattr(self, f"_{request.method.lower()}")(request.path, body)
        return answer

    def _get(self, path: str, _: dict[str, Any]) -> web.Response:
        if path in self.objects:
            return web.json_response(self.objects[path])
        if path.count("/") % 2 == path.startswith("/apis/"):  # Of one object, not of a list.
            return _refused(404, "NotFound")
        items = [it for key, it in self.objects.items() if key.startswith(f"{path}/")]
        return web.json_response({"metadata": {"resourceVersion": str(self._versions)}, "items": items})

    def _post(self, path: str, body: dict[str, Any]) -> web.Response:
        path = f"{path}/{body['metadata']['name']}"
        if path in self.objects:
            return _refused(409, "AlreadyExists")
        return web.json_response(self.put(path, body), status=201)

    def _patch(self, path: str, body: dict[str, Any]) -> web.Response:
        known = self.objects.get(path.removesuffix("/status"))
        if known is None and ("kind" not in body or path.endswith("/status")):
            return _refused(404, "NotFound")
        if known and known.get("immutable") and body.get("data") != known["data"]:
            return _refused(422, "Invalid")
        changed = {**(known or {}), **body}
        changed["metadata"] = {**(known or {}).get("metadata", {}), **body.get("metadata", {})}
        return web.json_response(self.put(path.removesuffix("/status"), changed))

    def _put(self, path: str, body: dict[str, Any]) -> web.Response:
        if body["metadata"].get("resourceVersion") != self.objects[path]["metadata"]["resourceVersion"]:
            return _refused(409, "Conflict")
        return web.json_response(self.put(path, body))

    def _delete(self, path: str, body: dict[str, Any]) -> web.Response:
        if path not in self.objects:
            return _refused(404, "NotFound")
        if body["preconditions"]["uid"] != self.objects[path]["metadata"]["uid"]:
            return _refused(409, "Conflict")
        return web.json_response(self.objects.pop(path))


@contextlib.asynccontextmanager
async def fake_api() -> AsyncIterator[tuple[FakeAPI, ApiClient]]:
    """A running fake, and a client of it."""
    api = FakeAPI()
    application = web.Application(client_max_size=2**24)
    application.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    client = ApiClient(Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}"))
    try:
        yield api, client
    finally:
        await client.close()
        await runner.cleanup()


def _refused(status: int, reason: str, headers: dict[str, str] | None = None, message: str = "") -> web.Response:
    # As the real one does, with a message that may quote what was sent.
    body = {"kind": "Status", "code": status, "reason": reason, "message": message}
    return web.json_response(body, status=status, headers=headers)
