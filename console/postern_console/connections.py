"""The connections of a console: what aiohttp does before the gatekeeper sees a request, without quoting one.

aiohttp answers what it can't parse by itself, logs it with the bytes in question, and answers `Expect` first of all.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from aiohttp import web

from .security_headers import SECURITY_HEADERS

# A record may quote a field of a request, such as the cookie, and any page that is open can cause one.
SILENT = logging.getLogger("postern.console")
SILENT.disabled = True


class Connection(web.RequestHandler):
    """A connection whose own answers are one fixed text with the headers of every response."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002 # its text quotes the request
        message: str | None = None,  # noqa: ARG002 # as does this
    ) -> web.StreamResponse:
        """Answer what can't be parsed, or what has failed outside of the gatekeeper."""
        response = super().handle_error(request, status, None, "This request can't be read.\n")
        response.headers.update(SECURITY_HEADERS)
        return response


@contextlib.asynccontextmanager
async def listening(application: web.Application, sockets: Iterable[socket.socket]) -> AsyncIterator[None]:
    """Serve the application at the sockets as long as the context lasts."""
    runner = web.AppRunner(application, shutdown_timeout=1.0)
    await runner.setup()
    manager = runner.server
    assert manager is not None
    manager.request_factory = _without_expect(manager.request_factory)
    loop = asyncio.get_running_loop()
    # An access log would hold the start link.
    connection = functools.partial(Connection, manager, loop=loop, logger=SILENT, access_log=SILENT)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        for one in sockets:
            server = await loop.create_server(connection, sock=one)
            stack.callback(server.close)
        yield


def _without_expect(make_request: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """Return a maker of requests without Expect, which aiohttp would answer before the gatekeeper sees the host.

    A client that waits for 100 sends its body after a while without it (RFC 9110, section 10.1.1); no browser does.
    """

    def make(message: Any, *others: Any) -> web.BaseRequest:
        if "Expect" in message.headers:
            headers = message.headers.copy()
            headers.popall("Expect")
            message = message._replace(headers=headers)
        return make_request(message, *others)

    return make
