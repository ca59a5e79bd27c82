"""The admin port: whether the process lives, is ready, what it counts and which snapshot it serves.

Read only, and nothing secret: a probe, a scraper and the operator ask here.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from aiohttp import web

from postern_kit.admin_server import new_application, serve_admin

from .fleet import Fleet, Worker
from .metrics import expose

FLEET = web.AppKey("fleet", Fleet)


def admin_port(fleet: Fleet, listener: socket.socket) -> contextlib.AbstractAsyncContextManager[int]:
    """Answer on this socket as long as the context lasts."""
    return serve_admin(admin_application(fleet), listener)


def admin_application(fleet: Fleet) -> web.Application:
    application = new_application()
    application[FLEET] = fleet
    application.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", metrics),
            web.get("/config", config),
            web.route("*", "/{elsewhere:.*}", elsewhere),
        ]
    )
    return application


async def healthz(_request: web.Request) -> web.Response:
    """That the process lives; a liveness probe that asked for more would kill pods for somebody else's fault."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """Whether every worker has a snapshot and none is about to stop."""
    reason = request.app[FLEET].why_not_ready()
    if reason:
        return web.json_response({"status": "not ready", "reason": reason}, status=503)
    return web.json_response({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    content, content_type = expose(request.app[FLEET], request.headers.get("Accept", ""))
    return web.Response(body=content, headers={"Content-Type": content_type})


async def config(request: web.Request) -> web.Response:
    """The snapshot that all workers serve (the digest is null while they differ), and each worker's own."""
    fleet = request.app[FLEET]
    common = fleet.common
    return web.json_response(
        {
            "digest": common.digest if common else None,
            "gateway": common.gateway if common else None,
            "routes": common.routes if common else None,
            "loaded_at": common.loaded_at if common else None,
            "workers": [_described(worker) for _, worker in sorted(fleet.workers.items())],
        }
    )


def _described(worker: Worker) -> dict[str, Any]:
    refused = worker.refused
    return {
        "pid": worker.pid,
        "digest": worker.serving.digest if worker.serving else None,
        "loaded_at": worker.serving.loaded_at if worker.serving else None,
        "refused": {"digest": refused.digest, "error": refused.error} if refused else None,
    }


async def elsewhere(_request: web.Request) -> web.Response:
    return web.json_response({"message": "there are /healthz, /readyz, /metrics and /config"}, status=404)
