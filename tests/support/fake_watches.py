"""As much of an API server as kopf needs to watch our kinds, and what one does that has only just started.

Every list is empty; a watch is open until its client goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from postern_core.kinds import API_VERSION

GROUP, _, VERSION = API_VERSION.partition("/")
KINDS = {"services": "Service", "routes": "Route", "consumers": "Consumer", "jwtcredentials": "JWTCredential"}


class FakeWatches:
    """`silent` are the kinds whose watch isn't answered; `refused` those with 403, after the silent were asked for."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.silent: set[str] = set()
        self.lists: Counter[str] = Counter()
        self.watches: Counter[str] = Counter()
        self._open: dict[str, web.StreamResponse] = {}
        self._changed = asyncio.Condition()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a number of requests; raises `TimeoutError`."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)

    async def tell(self, plural: str, name: str) -> None:
        """Let the latest watch of a kind tell of a new object, once there is one."""
        await self.until(lambda: plural in self._open)
        metadata = {"name": name, "namespace": "demo", "uid": name, "resourceVersion": "2"}
        event = {"type": "ADDED", "object": {"kind": KINDS[plural], "apiVersion": API_VERSION, "metadata": metadata}}
        await self._open[plural].write(json.dumps(event).encode() + b"\n")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path in _DISCOVERY:
            return web.json_response(_DISCOVERY[request.path])
        plural = request.path.rpartition("/")[2]
        is_watch = "watch" in request.query
        (self.watches if is_watch else self.lists)[plural] += 1
        await self._note()
        if not is_watch:
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})
        if plural in self.refused:
            await self.until(lambda: self.watches.keys() >= self.silent)
            return web.json_response({"kind": "Status", "code": 403, "message": "no"}, status=403)
        return await self._watch(request, plural)

    async def _watch(self, request: web.Request, plural: str) -> web.StreamResponse:
        response = web.StreamResponse()
        if plural not in self.silent:
            await response.prepare(request)
            self._open[plural] = response
            await self._note()
        await asyncio.Event().wait()
        return response

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _resource(plural: str, kind: str) -> dict[str, Any]:
    verbs = ["get", "list", "watch"]
    return {"name": plural, "singularName": kind.lower(), "kind": kind, "namespaced": True, "verbs": verbs}


_OUR_VERSION = {"groupVersion": API_VERSION, "version": VERSION}
_DISCOVERY = {
    # It waits for the namespaces' kind before it watches anything.
    "/api": {"versions": ["v1"]},
    "/api/v1": {"resources": [_resource("namespaces", "Namespace")]},
    "/apis": {"groups": [{"name": GROUP, "versions": [_OUR_VERSION], "preferredVersion": _OUR_VERSION}]},
    f"/apis/{API_VERSION}": {"resources": [_resource(*it) for it in KINDS.items()]},
}


@contextlib.asynccontextmanager
async def serving_watches(fake: FakeWatches, folder: Path) -> AsyncIterator[str]:
    """Serve it on loopback; gives the path of a kubeconfig for it."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", fake.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    path = folder / "kubeconfig"
    path.write_text(json.dumps(_kubeconfig(f"http://127.0.0.1:{runner.addresses[0][1]}")))
    try:
        yield str(path)
    finally:
        await runner.cleanup()


def _kubeconfig(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
