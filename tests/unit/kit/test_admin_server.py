"""The server of an admin port."""

from __future__ import annotations

import socket

import aiohttp
import pytest
from aiohttp import web

from postern_kit.admin_server import new_application, serve_admin


async def answered(request):
    return web.Response(text=str(len(await request.read())))


async def posted(port, body):
    url = f"http://127.0.0.1:{port}/"
    async with aiohttp.ClientSession() as client, client.post(url, data=body) as answer:
        return answer.status, await answer.text()


@pytest.fixture
def application():
    application = new_application()
    application.add_routes([web.post("/", answered)])
    return application


@pytest.mark.parametrize("is_socket", [False, True])
async def test_it_serves_as_long_as_the_context_lasts(application, is_socket):
    """The port answers within the context, whether the system or a socket chose it, and no longer after it."""
    listener = ("127.0.0.1", 0)
    if is_socket:
        listener = socket.create_server(("127.0.0.1", 0))
    async with serve_admin(application, listener, shutdown_s=0.1) as port:
        assert (200, "3") == await posted(port, b"abc")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port)).close()


async def test_a_body_is_bounded(application):
    """A body that no probe sends gets 413 instead of memory."""
    async with serve_admin(application, ("127.0.0.1", 0), shutdown_s=0.1) as port:
        assert 413 == (await posted(port, b"x" * 5000))[0]
