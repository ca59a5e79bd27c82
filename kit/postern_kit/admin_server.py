"""The server of an admin port, which answers probes and scrapers beside what the process is there for."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

# No request to an admin port has a body.
BODY_BYTES_MAX = 1024
KEEP_ALIVE_S = 15.0
# A gateway writes it into each request, and no client can prevent that. Probes, Prometheus, the operator and the API
# server's proxy, which sets other fields of the kind, do not.
SET_BY_GATEWAYS = "X-Forwarded-Port"


def new_application() -> web.Application:
    """Return an application without routes that takes no bodies, and answers nothing that a gateway forwards."""
    return web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[forwarded_is_refused])


@web.middleware
async def forwarded_is_refused(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what came through a gateway: who may write a Service may name any address, and an admin port is one."""
    if SET_BY_GATEWAYS in request.headers:
        return web.json_response({"message": "an admin port answers nothing that a gateway forwards"}, status=403)
    return await handler(request)


@contextlib.asynccontextmanager
async def serve_admin(
    application: web.Application, listener: socket.socket | tuple[str, int], *, shutdown_s: float = 1.0
) -> AsyncIterator[int]:
    """Serve on a socket, or on a host and port, as long as the context lasts; yields the port.

    Port 0 leaves the choice to the system.
    """
    runner = web.AppRunner(application, access_log=None, keepalive_timeout=KEEP_ALIVE_S, shutdown_timeout=shutdown_s)
    await runner.setup()
    try:
        if isinstance(listener, tuple):
            await web.TCPSite(runner, *listener).start()
        else:
            await web.SockSite(runner, listener).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
