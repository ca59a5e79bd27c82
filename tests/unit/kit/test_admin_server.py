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


@pytest.mark.parametrize("path", ["/", "/config", "/nothing"])
async def test_what_a_gateway_forwards_is_refused(application, path):
    """The admin port answers only to whom it should: never through a tenant's upstream, whatever the path."""
    async with serve_admin(application, ("127.0.0.1", 0), shutdown_s=0.1) as port, aiohttp.ClientSession() as client:
        sent = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Port": "80"}
        async with client.get(f"http://127.0.0.1:{port}{path}", headers=sent) as answer:
            assert (403, "an admin port answers nothing that a gateway forwards") == (
                answer.status,
                (await answer.json())["message"],
            )


async def test_the_proxy_of_the_api_server_is_answered(application):
    """By it `kubectl postern status` asks the pods; it sets other fields than a gateway."""
    async with serve_admin(application, ("127.0.0.1", 0), shutdown_s=0.1) as port, aiohttp.ClientSession() as client:
        sent = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "h", "X-Forwarded-Proto": "https"}
        async with client.post(f"http://127.0.0.1:{port}/", data=b"abc", headers=sent) as answer:
            assert 200 == answer.status
