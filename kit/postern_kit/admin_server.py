"""The server of an admin port, which answers probes and scrapers beside what the process is there for."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator

from aiohttp import web

# No request to an admin port has a body.
BODY_BYTES_MAX = 1024
KEEP_ALIVE_S = 15.0


def new_application() -> web.Application:
    """Return an application without routes that takes no bodies."""
    return web.Application(client_max_size=BODY_BYTES_MAX)


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
