"""Listening sockets on their way from one process to another."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Iterator

import pytest

from postern_dataplane.errors import ChannelError
from postern_dataplane.process.port_channel import SOCKETS_PER_PACKET, PortReceiver, PortSender, socket_pair


@pytest.fixture
async def ends():
    """Both ends of a channel, the worker's reading."""
    ours, theirs = socket_pair()
    sender, receiver = PortSender(ours), PortReceiver(theirs)
    receiver.start()
    yield sender, receiver
    sender.close()
    await asyncio.sleep(0)
    theirs.close()


@contextlib.contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one


async def received(receiver: PortReceiver):
    async with asyncio.timeout(5):
        return await receiver.receive()


async def test_a_socket_arrives_as_another_descriptor_of_itself(ends):
    """It listens where the one that was sent listens, though that one is closed."""
    sender, receiver = ends
    with listening() as one:
        where = one.getsockname()
        sender.send({81: one}, [82])
    opened, closed = await received(receiver)
    with opened[81] as copy:
        assert ((82,), where) == (closed, copy.getsockname())


async def test_more_sockets_than_one_packet_takes_come_in_several(ends):
    """Linux takes no more than 253 descriptors at a time."""
    sender, receiver = ends
    with listening() as one:
        sender.send(dict.fromkeys(range(1, SOCKETS_PER_PACKET + 50), one), [9])
        found = [await received(receiver) for _ in range(2)]
    for opened, _ in found:
        for copy in opened.values():
            copy.close()
    assert [(SOCKETS_PER_PACKET, (9,)), (49, ())] == [(len(opened), closed) for opened, closed in found]


async def test_sockets_that_are_lost_are_an_error(ends):
    """A process that may open no more files gets fewer of them, and would never accept at the others."""
    sender, receiver = ends
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with listening() as one:
        sender.send(dict.fromkeys(range(81, 85), one))
        free = os.dup(one.fileno())
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + 2, hard))
        try:
            with pytest.raises(ChannelError):
                await received(receiver)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    sender.send({}, [82])
    assert ({}, (82,)) == await received(receiver)


async def test_nothing_is_sent_where_nothing_has_changed(ends):
    """An empty packet would look like the end of the channel."""
    sender, receiver = ends
    sender.send({})
    sender.send({}, [1])
    assert ({}, (1,)) == await received(receiver)


async def test_a_worker_that_is_gone_is_sent_nothing():
    """The next one is handed all that is open."""
    ours, theirs = socket_pair()
    theirs.close()
    with contextlib.closing(PortSender(ours)) as sender:
        sender.send({}, [1])


async def test_a_worker_that_reads_nothing_is_not_understood():
    """The supervisor replaces it rather than wait for it."""
    ours, theirs = socket_pair()
    with theirs, contextlib.closing(PortSender(ours)) as sender:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 0)
        sender.send({}, range(1000))
        with pytest.raises(ChannelError):
            sender.send({}, range(1000))
