"""A light load sees each answer, and tells what went wrong."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from bench.asking import CLIENTS, Seen, application, load, status


@pytest.fixture
async def port():
    """Where the application answers, without a gateway between."""
    async with await asyncio.start_server(application, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 51), (99, 100), (100, 100)])
def test_a_percentile_is_one_of_the_times(percent, expected):
    """In milliseconds, of requests in any order."""
    seen = Seen([number / 1000 for number in range(100, 0, -1)])
    assert seen.percentile_ms(percent) == pytest.approx(expected)


async def test_every_request_is_seen(port):
    """Of all clients."""
    seen = Seen()
    await load(seen, port, "/", CLIENTS * 3)
    assert (CLIENTS * 3, []) == (len(seen.took_s), seen.failures)
    assert min(seen.took_s) > 0


async def test_a_status_is_told(port):
    """Of one request, over a connection of its own."""
    assert 200 == await status(port, "/")


async def _refuse(reader, writer):
    with contextlib.suppress(asyncio.IncompleteReadError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    writer.close()


async def _hang_up(reader, writer):
    with contextlib.suppress(asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(("server", "failure"), [(_refuse, "status 503"), (_hang_up, "IncompleteReadError")])
async def test_what_went_wrong_is_a_failure(server, failure):
    """Each time, and the load goes on."""
    seen = Seen()
    async with await asyncio.start_server(server, "127.0.0.1", 0) as started:
        await load(seen, started.sockets[0].getsockname()[1], "/", CLIENTS * 2)
    assert [failure] * CLIENTS * 2 == seen.failures
