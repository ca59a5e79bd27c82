"""The socket pair by which a supervisor hands listening sockets to a worker, and takes them back.

Each packet names ports, and holds the sockets of those that are opened.  A worker closes its copy of a socket after
the supervisor has closed its own, so that none is left that listens while nothing accepts.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from postern_dataplane.errors import ChannelError

# Linux takes 253 descriptors in one packet.
SOCKETS_PER_PACKET = 200
PACKET_BYTES_MAX = 64 * 1024


# The sockets that were opened, by port, and the ports that are closed.
Changes = tuple[dict[int, socket.socket], tuple[int, ...]]


class PortChanges(msgspec.Struct, frozen=True):
    """Which ports are open from now on, each with its socket in the packet, and which are no more."""

    opened: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends that keep packets apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class PortSender:
    """The supervisor's end."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)  # noqa: FBT003 # the socket's own signature
        self._end = end

    def send(self, opened: Mapping[int, socket.socket], closed: Sequence[int] = ()) -> None:
        """Hand over sockets and take others back; raises `ChannelError` for a worker that reads nothing."""
        rest = iter(opened.items())
        while (some := dict(islice(rest, SOCKETS_PER_PACKET))) or closed:
            content = msgspec.json.encode(PortChanges(tuple(some), tuple(closed)))
            try:
                socket.send_fds(self._end, [content], [listener.fileno() for listener in some.values()])
            except BlockingIOError:
                raise ChannelError("a worker takes no sockets") from None
            except OSError:  # It has ended, and the next one is given them all.
                return
            closed = ()

    def close(self) -> None:
        self._end.close()


class PortReceiver:
    """The worker's end."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)  # noqa: FBT003 # the socket's own signature
        self._end = end
        self._changes: asyncio.Queue[Changes | None] = asyncio.Queue()

    def start(self) -> None:
        """Read from now on; to be called within the running loop."""
        asyncio.get_running_loop().add_reader(self._end, self._read)

    async def receive(self) -> Changes:
        """The next sockets that were opened, by port, and the ports that are closed; raises `ChannelError`."""
        changes = await self._changes.get()
        if changes is None:
            raise ChannelError("sockets were lost on their way: no more open files are allowed")
        return changes

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                content, descriptors, _, _ = socket.recv_fds(self._end, PACKET_BYTES_MAX, SOCKETS_PER_PACKET)
                if not content:
                    self.close()
                    return
                changes = msgspec.json.decode(content, type=PortChanges)
                sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
                if len(sockets) < len(changes.opened):
                    # The kernel drops those that the process may not have.
                    for lost in sockets:
                        lost.close()
                    self._changes.put_nowait(None)
                    continue
                self._changes.put_nowait((dict(zip(changes.opened, sockets, strict=True)), changes.closed))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        self._end.close()
