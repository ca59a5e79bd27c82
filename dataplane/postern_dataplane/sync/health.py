"""The sidecar's own port: whether it lives, and whether the proxy has something to serve.

aiohttp comes with the Kubernetes client, so its server costs nothing more.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from aiohttp import web

from postern_kit.admin_server import new_application, serve_admin

SHUTDOWN_S = 0.1


def health_port(
    digest: Callable[[], str | None], listener: socket.socket
) -> contextlib.AbstractAsyncContextManager[int]:
    """Answer on this socket as long as the context lasts."""
    return serve_admin(health_application(digest), listener, shutdown_s=SHUTDOWN_S)


def health_application(digest: Callable[[], str | None]) -> web.Application:
    """`digest` returns the name of the generation on disk, None before there is one."""

    async def healthz(_request: web.Request) -> web.Response:
        # Not whether the API server answers: to end this process would not mend that.
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        on_disk = digest()
        if on_disk is None:
            return web.json_response({"status": "not ready", "reason": "no complete generation yet"}, status=503)
        return web.json_response({"status": "ready", "digest": on_disk})

    application = new_application()
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    return application
