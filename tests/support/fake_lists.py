"""An API server as small as the reading side of the operator needs: lists in pages, watches, errors on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from kubernetes.aio import client


class FakeLists:
    """Objects by the path of their list; `refuse` answers a path with an error, `events` are what a watch tells."""

    def __init__(self) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {}
        self.refuse: dict[str, int] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.version = 100
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.was_asked = asyncio.Event()

    def put(self, path: str, name: str, namespace: str = "demo", **rest: Any) -> dict[str, Any]:
        """Add an object, as it is within a list."""
        self.version += 1
        metadata = {"name": name, "namespace": namespace, "uid": f"{name}-uid", "resourceVersion": str(self.version)}
        manifest = {"metadata": metadata | rest.pop("metadata", {}), **rest}
        self.objects.setdefault(path, []).append(manifest)
        return manifest

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.path, dict(request.query)))
        self.was_asked.set()
        if request.path in self.refuse:
            status = self.refuse[request.path]
            return web.json_response({"kind": "Status", "message": "no", "code": status}, status=status)
        if request.query.get("watch"):
            return await self._watch(request)
        if request.path in self.objects:
            return self._list(request)
        folder, _, name = request.path.rpartition("/")
        for manifest in self.objects.get(folder, []):
            if manifest["metadata"]["name"] == name:
                return web.json_response(manifest)
        return web.json_response({"kind": "Status", "code": 404}, status=404)

    def _list(self, request: web.Request) -> web.Response:
        everything, begin = self.objects[request.path], int(request.query.get("continue", "0"))
        end = begin + int(request.query.get("limit", "500"))
        metadata = {"resourceVersion": str(self.version)} | ({"continue": str(end)} if end < len(everything) else {})
        return web.json_response({"metadata": metadata, "items": everything[begin:end]})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for event in self.events.pop(request.path, []):
            await response.write(json.dumps(event).encode() + b"\n")
        return response


@contextlib.asynccontextmanager
async def serving(fake: FakeLists) -> AsyncIterator[client.ApiClient]:
    """Serve it on loopback; gives a client of it."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", fake.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    configuration = client.Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        async with client.ApiClient(configuration) as api:
            yield api
    finally:
        await runner.cleanup()
