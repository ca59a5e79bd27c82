"""The sidecar's own port: whether it lives, and whether the proxy has something to serve.

aiohttp comes with the Kubernetes client, so its server costs nothing more.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Callable

from aiohttp import web

# No request to this port has a body.
BODY_BYTES_MAX = 1024
KEEP_ALIVE_S = 15.0
SHUTDOWN_S = 0.1


@contextlib.asynccontextmanager
async def health_port(digest: Callable[[], str | None], listener: socket.socket) -> AsyncIterator[None]:
    """Answer on this socket as long as the context lasts."""
    runner = web.AppRunner(
        health_application(digest), access_log=None, keepalive_timeout=KEEP_ALIVE_S, shutdown_timeout=SHUTDOWN_S
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


def health_application(digest: Callable[[], str | None]) -> web.Application:
    """`digest` gives the name of the generation on disk, None before there is one."""

    async def healthz(_request: web.Request) -> web.Response:
        # Not whether the API server answers: to end this process would not mend that.
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        on_disk = digest()
        if on_disk is None:
            return web.json_response({"status": "not ready", "reason": "no complete generation yet"}, status=503)
        return web.json_response({"status": "ready", "digest": on_disk})

    application = web.Application(client_max_size=BODY_BYTES_MAX)
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    return application
