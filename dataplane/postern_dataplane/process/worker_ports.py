"""The ports of the snapshot's listeners as one worker serves them.

The table in force says which there are; their sockets come from the supervisor when it has opened them, and are closed
when it has closed its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from itertools import count

from postern_dataplane.listener import ListenerConfig, ListenerPort, OpenListener
from postern_dataplane.server.gateway import Gateway
from postern_dataplane.server.tls_handshake import GetContext
from postern_dataplane.sockets import BACKLOG

from .port_channel import PortReceiver


class WorkerPorts:
    """The listeners by port, and the servers of those that are open; `wants` is called when the ports are others.

    Connections of a listener that is gone get one response more each, and end after `grace_s` at the latest.
    """

    def __init__(
        self, gateway: Gateway, get_context: GetContext, wants: Callable[[tuple[int, ...]], None], grace_s: float
    ) -> None:
        self._gateway = gateway
        self._get_context = get_context
        self._wants = wants
        self._grace_s = grace_s
        self._numbers = count(1)
        self._opened: dict[int, OpenListener] = {}
        self._wanted: AbstractSet[int] = frozenset()
        self._servers: dict[int, tuple[asyncio.Server, socket.socket]] = {}

    def follow(self, ports: Mapping[int, ListenerPort]) -> None:
        """Serve at these ports from now on, and at no others."""
        before = {number for number, opened in self._opened.items() if not opened.is_closing}
        for number in before:
            opened, port = self._opened[number], ports.get(number)
            if port is None or port.is_tls != opened.port.is_tls:
                self._gateway.close_listener(opened, self._grace_s)
            else:
                opened.port = port
        for number, port in ports.items():
            if number not in self._opened or self._opened[number].is_closing:
                self._opened[number] = OpenListener(port, next(self._numbers))
        self._wanted = frozenset(ports)
        if before != ports.keys():
            self._wants(tuple(ports))

    async def run(self, receiver: PortReceiver) -> None:
        """Serve on sockets that the supervisor has opened, and end serving on those that it has closed.

        Raises `ChannelError` where one can't be had: the worker ends, and the next one is handed them all.
        """
        receiver.start()
        while True:
            opened, closed = await receiver.receive()
            for number in closed:
                self._close(number)
            for number, listener in opened.items():
                self._servers[number] = await self._open(number, listener), listener
            if not self._servers.keys() <= self._wanted:
                # What a worker before this one has asked for.
                self._wants(tuple(self._wanted))

    def close(self) -> None:
        """Accept nothing more."""
        for number in list(self._servers):
            self._close(number)

    async def _open(self, number: int, listener: socket.socket) -> asyncio.Server:
        # A duplicate: by its own the worker still accepts what waits when the server is about to be closed.
        return await asyncio.get_running_loop().create_server(
            lambda: self._protocol(number), sock=listener.dup(), backlog=BACKLOG
        )

    def _protocol(self, number: int) -> asyncio.BaseProtocol:
        """What takes a new connection, by the listeners that the port has at this moment."""
        opened = self._opened.get(number)
        if opened is None:
            return RefusingProtocol()
        listener = ListenerConfig(opened.port.is_tls, opened=opened)
        if listener.is_tls:
            return self._gateway.secure(listener, self._get_context)()
        return self._gateway.plain(listener)()

    def _close(self, number: int) -> None:
        server, listener = self._servers.pop(number)
        # To its client, a connection in the queue is established, and may have carried a request already.
        with contextlib.suppress(BlockingIOError), listener:
            while True:
                connection, _ = listener.accept()
                self._gateway.tasks.start(self._accept(number, connection), "accept")
        server.close()

    async def _accept(self, number: int, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(lambda: self._protocol(number), connection)


class RefusingProtocol(asyncio.Protocol):
    """Ends a connection at a port that no listener of the table has; which protocol its client speaks is not known."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
