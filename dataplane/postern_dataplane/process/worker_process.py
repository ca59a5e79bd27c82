"""One worker process as its supervisor holds it: started, listened to, ended."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process

import msgspec

from postern_dataplane.settings import Settings
from postern_dataplane.sockets import Listeners
from postern_dataplane.telemetry.worker_messages import Message, Receiver

from .port_channel import PortSender, socket_pair


class WorkerProcess:
    """A running worker."""

    def __init__(self, process: Process, receiver: Receiver, ports: PortSender) -> None:
        self._process = process
        self._receiver = receiver
        self.ports = ports

    @classmethod
    async def start(cls, settings: Settings, listeners: Listeners) -> WorkerProcess:
        """Start a worker on listening sockets, which stay the caller's."""
        (ours, theirs), (our_ports, their_ports) = socket.socketpair(), socket_pair()
        descriptors = [one.fileno() for one in (theirs, their_ports, *listeners.all)]
        try:
            # The worker's copies of the sockets live and die with it; ours of its end would hide that it is gone.
            with theirs, their_ports:
                process = await asyncio.create_subprocess_exec(
                    # -P: a file in the current folder must not pass for one of our modules.
                    *(sys.executable, "-P", "-m", "postern_dataplane.process.worker"),
                    *(msgspec.json.encode(settings).decode(), *map(str, descriptors)),
                    stdin=DEVNULL,
                    pass_fds=descriptors,
                )
            return cls(process, await Receiver.open(ours), PortSender(our_ports))
        except OSError:
            ours.close()
            our_ports.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    async def receive(self) -> Message | None:
        """The next message, None when there will be no more."""
        return await self._receiver.receive()

    def stop(self) -> None:
        """Ask it to finish what has begun and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ended(self, timeout_s: float) -> int:
        """Wait until it is gone, killing it when that takes too long; returns the exit status, -N for signal N."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._process.wait()
        except TimeoutError:
            self.kill()
            return await self._process.wait()
        finally:
            self._receiver.close()
            self.ports.close()
