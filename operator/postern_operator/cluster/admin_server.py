"""The operator's admin port: whether it lives, whether it knows all it has to, and what it counts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from aiohttp import web
from prometheus_client import exposition

from postern_kit.admin_server import new_application, serve_admin

from .metrics import Metrics

WHY_NOT_READY: web.AppKey[Callable[[], str]] = web.AppKey("why_not_ready")
METRICS = web.AppKey("metrics", Metrics)


def admin_port(
    host: str, port: int, metrics: Metrics, why_not_ready: Callable[[], str]
) -> contextlib.AbstractAsyncContextManager[int]:
    """Answer there as long as the context lasts; yields the port, which 0 leaves to the system."""
    return serve_admin(_application(metrics, why_not_ready), (host, port))


def _application(metrics: Metrics, why_not_ready: Callable[[], str]) -> web.Application:
    """`why_not_ready` returns "" once ready."""
    application = new_application()
    application[WHY_NOT_READY] = why_not_ready
    application[METRICS] = metrics
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", exposed)])
    return application


async def healthz(_request: web.Request) -> web.Response:
    """That the process lives; not that the API server does, which a restart wouldn't mend."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """Whether everything has been listed once; a standby is ready too."""
    reason = request.app[WHY_NOT_READY]()
    if reason:
        return web.json_response({"status": "not ready", "reason": reason}, status=503)
    return web.json_response({"status": "ready"})


async def exposed(request: web.Request) -> web.Response:
    encode, content_type = exposition.choose_encoder(request.headers.get("Accept", ""))
    return web.Response(body=encode(request.app[METRICS].registry), headers={"Content-Type": content_type})
