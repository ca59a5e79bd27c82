"""Messages there and back are counted, and what comes back wrong is an error."""

from __future__ import annotations

import argparse
import socket

from aiohttp import web
from aiohttp.test_utils import TestServer
from bench.websocket import echo, load, report
from bench.wrk import read_report


async def loaded(handler, **options):
    application = web.Application()
    application.router.add_get("/v1/echo", handler)
    async with TestServer(application) as server:
        told = {"port": server.port, "path": "/v1/echo", "token": "t", "connections": 2, "seconds": 0.05, **options}
        return read_report(await load(argparse.Namespace(**told)), lambda _: (0, 0))


async def test_messages_are_counted():
    """The report is the one that wrk's script writes."""
    seen = await loaded(echo)
    assert seen.requests >= 2
    assert (0, True) == (seen.errors, 0 < seen.p50_ms <= seen.p99_ms <= seen.p999_ms)


async def test_another_message_is_an_error():
    """Bytes that a gateway would have changed."""

    async def changing(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for _ in ws:
            await ws.send_bytes(b"something else")
        return ws

    seen = await loaded(changing)
    assert seen.requests == seen.errors > 0


async def test_a_refused_upgrade_is_an_error():
    """One for each connection."""

    async def refusing(_request):
        return web.Response(status=401)

    assert 2 == (await loaded(refusing)).errors


async def test_nobody_there_is_an_error():
    """The load ends all the same."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        told = {"path": "/", "token": "t", "connections": 2, "seconds": 0.05, "port": probe.getsockname()[1]}
        assert 2 == read_report(await load(argparse.Namespace(**told)), lambda _: (0, 0)).errors


def test_percentiles_are_of_the_ordered_times():
    """In microseconds."""
    seen = read_report(report([number / 1000 for number in range(1000, 0, -1)], 2.0, 0), lambda _: (0, 0))
    assert (1000, 500.0, 501.0, 991.0, 1000.0) == (
        seen.requests, seen.per_second, seen.p50_ms, seen.p99_ms, seen.p999_ms
    )  # fmt: skip
