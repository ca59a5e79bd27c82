"""The ports of a table's listeners, served on sockets that come and go."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from postern_core.snapshot_listeners import Listener
from postern_dataplane.listener import OpenListener, ports_of
from postern_dataplane.process.port_channel import PortReceiver, PortSender, socket_pair
from postern_dataplane.process.worker_ports import WorkerPorts

PORT = 10080


class Echo(asyncio.Protocol):
    """Says by which listener it was made, and how many bytes have come."""

    def __init__(self, listener):
        self.listener = listener

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(f"{self.listener.opened.number}:{self.listener.is_tls}:{len(data)}".encode())


class FakeGateway:
    """Makes echoes of connections, and keeps which listeners were closed."""

    def __init__(self):
        self.closed = []
        self.tasks = self
        self.running = set()

    def plain(self, listener):
        return lambda: Echo(listener)

    def secure(self, listener, _get_context):
        return lambda: Echo(listener)

    def close_listener(self, opened: OpenListener, _grace_s: float) -> None:
        opened.is_closing = True
        self.closed.append(opened.number)

    def start(self, coroutine, _name):
        self.running.add(asyncio.get_running_loop().create_task(coroutine))


def table_ports(*listeners: Listener):
    return ports_of(listeners)


PLAIN = Listener("l", "HTTP", 80, PORT)
SECURE = Listener("l", "HTTPS", 80, PORT)


class Harness:
    """A worker's ports with the supervisor's end of their channel."""

    def __init__(self):
        ours, theirs = socket_pair()
        self.gateway, self.wanted = FakeGateway(), []
        self.ports = WorkerPorts(self.gateway, lambda: None, self.wanted.append, 30.0)
        self.sender, self.receiver = PortSender(ours), PortReceiver(theirs)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.address = self.listener.getsockname()

    def close_ours(self):
        """What a supervisor does that takes a port back."""
        self.listener.close()
        self.sender.send({}, [PORT])

    async def ask(self) -> str:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(*self.address)
            writer.write(b"x")
            said = await reader.read(100)
            writer.close()
        return said.decode()


@pytest.fixture
async def worker():
    harness = Harness()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(harness.ports.run(harness.receiver))
        yield harness
        running.cancel()
    harness.ports.close()
    harness.receiver.close()
    harness.sender.close()
    harness.listener.close()
    await asyncio.sleep(0)


async def test_the_ports_of_a_table_are_asked_for_when_they_change(worker):
    """A table that has the same ports asks for nothing, and one without listeners never does."""
    worker.ports.follow({})
    worker.ports.follow(table_ports(PLAIN))
    worker.ports.follow(table_ports(Listener("l", "HTTP", 80, PORT, "a.example.com")))
    worker.ports.follow({})
    assert [(PORT,), ()] == worker.wanted


async def test_a_socket_that_has_come_is_served(worker):
    """By the listener that the table has at the port."""
    worker.ports.follow(table_ports(PLAIN))
    worker.sender.send({PORT: worker.listener})
    assert "1:False:1" == await worker.ask()


async def test_a_connection_that_waits_at_the_end_is_served(worker):
    """Its client has been told by the kernel that it is connected."""
    worker.ports.follow(table_ports(PLAIN))
    worker.sender.send({PORT: worker.listener})
    await worker.ask()
    with contextlib.closing(socket.create_connection(worker.address)) as client:
        client.sendall(b"xy")
        # Within one turn of the loop, so that the server has not accepted it.
        worker.close_ours()
        worker.receiver._read()
        client.setblocking(False)
        async with asyncio.timeout(5):
            assert b"1:False:2" == await asyncio.get_running_loop().sock_recv(client, 100)
    with pytest.raises(ConnectionRefusedError):
        await worker.ask()


async def test_another_protocol_is_another_listener(worker):
    """Connections of the old one get a response more; new ones speak TLS, on the same socket."""
    worker.ports.follow(table_ports(PLAIN))
    worker.sender.send({PORT: worker.listener})
    await worker.ask()
    worker.ports.follow(table_ports(SECURE))
    assert ("2:True:1", [1], [(PORT,)]) == (await worker.ask(), worker.gateway.closed, worker.wanted)


async def test_a_listener_that_comes_again_is_another_one(worker):
    """What is remembered of requests that came by the old one does not count for it."""
    worker.ports.follow(table_ports(PLAIN))
    worker.sender.send({PORT: worker.listener})
    await worker.ask()
    worker.ports.follow({})
    worker.ports.follow(table_ports(PLAIN))
    assert ("2:False:1", [(PORT,), (), (PORT,)]) == (await worker.ask(), worker.wanted)


async def test_a_socket_that_the_table_does_not_ask_for_is_not_served(worker):
    """It is what a worker before this one had asked for, and the supervisor is asked to take it back."""
    worker.ports.follow({})
    worker.sender.send({PORT: worker.listener})
    with contextlib.suppress(ConnectionResetError):
        assert "" == await worker.ask()
    assert [()] == worker.wanted
