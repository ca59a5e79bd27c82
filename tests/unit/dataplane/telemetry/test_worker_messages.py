"""Messages through a socket pair."""

from __future__ import annotations

import asyncio
import socket

import pytest

from postern_dataplane.errors import ChannelError
from postern_dataplane.telemetry.counters import Counters
from postern_dataplane.telemetry.worker_messages import (
    CertificatesLoaded,
    Receiver,
    Sender,
    SnapshotLoaded,
    SnapshotRefused,
)


@pytest.fixture
async def ends():
    """A worker's and a supervisor's end of one channel."""
    one, other = socket.socketpair()
    sender, receiver = await Sender.open(one), await Receiver.open(other)
    yield sender, receiver
    await sender.close(1)
    receiver.close()


@pytest.mark.parametrize(
    "message",
    [
        SnapshotLoaded("d", "default", 3, 1.5),
        SnapshotRefused("d", "why"),
        CertificatesLoaded({"a": 1.5}),
        Counters().take(),
    ],
)
async def test_a_message_arrives_as_it_was_sent(ends, message):
    """Whatever its kind."""
    sender, receiver = ends
    sender.send(message)
    assert message == await receiver.receive()


async def test_the_end_is_none(ends):
    """A worker that is gone says nothing more."""
    sender, receiver = ends
    await sender.close(1)
    assert None is await receiver.receive()


async def test_half_a_message_is_the_end():
    """A worker that died while it wrote is gone, too."""
    one, other = socket.socketpair()
    receiver = await Receiver.open(other)
    one.send(b'{"type":"refu')
    one.close()
    assert None is await receiver.receive()
    receiver.close()


@pytest.mark.parametrize("line", [b"{}\n", b"no\n", b"\xff\n"])
async def test_what_is_not_a_message_is_an_error(line):
    """Bytes that are no message are an error, which doesn't quote them."""
    one, other = socket.socketpair()
    receiver = await Receiver.open(other)
    one.send(line)
    with pytest.raises(ChannelError, match="a worker sent what is not a message"):
        await receiver.receive()
    one.close()
    receiver.close()


async def test_a_worker_learns_that_its_supervisor_is_gone(ends):
    """By the end of the channel."""
    sender, receiver = ends
    receiver.close()
    async with asyncio.timeout(1):
        await sender.until_end()


async def test_what_nobody_takes_shows(ends):
    """Unread messages are counted, so that a worker can wait before it sends more."""
    sender, _ = ends
    assert not sender.is_stalled
    while not sender.is_stalled:
        sender.send(SnapshotRefused("d", "x" * 100_000))
