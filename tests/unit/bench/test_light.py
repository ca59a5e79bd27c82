"""The load without wrk: it counts what comes back, and names what is wrong."""

from __future__ import annotations

import asyncio
import itertools

from bench.light import Application, Load, requests_of
from bench.mixed import Request

REQUEST = b"GET / HTTP/1.1\r\nHost: bench.example.com\r\n\r\n"


class Broken(asyncio.Protocol):
    """Closes where an answer must come."""

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, _data):
        self._transport.close()


class Refusing(Broken):
    def data_received(self, _data):
        self._transport.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


async def errors_with(protocol, salvos=3, status=200):
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        load = Load(itertools.repeat(Request(REQUEST, status)), salvos)
        await load.run(server.sockets[0].getsockname()[1], connections=2)
    return load.errors


async def test_good_answers_are_no_errors():
    """Salvo after salvo, over the same connections."""
    assert [] == await errors_with(Application)


async def test_every_request_is_sent():
    """As many as salvos times connections."""
    seen = []

    class Counting(Application):
        def data_received(self, data):
            seen.append(data.count(b"\r\n\r\n"))
            super().data_received(data)

    await errors_with(Counting, salvos=5)
    assert 5 * 2 == sum(seen)


async def test_a_lost_connection_is_an_error():
    """A lost connection is an error and ends the load, instead of an endless wait."""
    assert ["connection lost: None"] * 2 == await errors_with(Broken)


async def test_another_status_is_an_error():
    """With the status, so that one knows where to look."""
    assert ["status 503"] * 2 == await errors_with(Refusing)


async def test_a_status_may_be_the_one_that_must_come():
    """A refusal is what a request without a token is measured for."""
    assert [] == await errors_with(Refusing, status=503)


def test_each_workload_has_its_own_requests():
    """Requests of `repeated` are the same each time, those of others differ, and `refused-missing` has no token."""
    workloads = requests_of("/v1", "a.b.c")
    twice = {name: [next(asked), next(asked)] for name, asked in workloads.items()}
    differing = {name: len({one.wire for one in two}) for name, two in twice.items()}
    assert {"mixed": 2, "repeated": 1, "unlike": 2, "refused-missing": 1} == differing
    assert {"repeated", "unlike"} == {name for name, two in twice.items() if b"Bearer a.b.c" in two[0].wire}


def test_mixed_requests_have_no_body_here():
    """The application of this load reads none."""
    asked = requests_of("/v1", "a.b.c")["mixed"]
    assert {b"GET"} == {next(asked).wire[:3] for _ in range(300)}


async def test_a_request_in_two_pieces_is_one():
    """The application waits for the end of a head."""
    server = await asyncio.get_running_loop().create_server(Application, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        writer.write(REQUEST[:-1])
        await writer.drain()
        writer.write(REQUEST[-1:] + REQUEST)
        for _ in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.rpartition(b"Content-Length: ")[2]))
        writer.close()
