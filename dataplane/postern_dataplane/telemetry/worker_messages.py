"""The messages from a worker to its supervisor, and the socket pair that carries them.

Messages are lines of JSON, one way only: a supervisor tells a worker to stop
by SIGTERM, and a worker whose channel ends knows that its supervisor is gone.
The sockets that a worker asks for come by `process.port_channel`.
No message holds anything of a request beside the names of routes.
"""

from __future__ import annotations

import asyncio
import socket

import msgspec

from postern_dataplane.errors import ChannelError

from .definitions import Labels

# What a message may hold (`counters.SERIES_PER_MESSAGE`) stays well below this.
LINE_BYTES_MAX = 8 * 2**20


class SnapshotLoaded(msgspec.Struct, frozen=True, tag="serving"):
    """A snapshot is in force; `loaded_at` is in seconds since the epoch."""

    digest: str
    gateway: str
    routes: int
    loaded_at: float


class SnapshotRefused(msgspec.Struct, frozen=True, tag="refused"):
    """A snapshot was refused, and the one before it stays in force."""

    digest: str
    error: str


class CertificatesLoaded(msgspec.Struct, frozen=True, tag="certified"):
    """The certificates that can be shown, by folder, with their ends in seconds since the epoch."""

    ends_at: dict[str, float]


class PortsWanted(msgspec.Struct, frozen=True, tag="listening"):
    """The ports that the listeners of the table in force ask for, all of them."""

    ports: tuple[int, ...]


class Distribution(msgspec.Struct, frozen=True):
    """Observations by bucket (see `route_latency.BUCKETS_S`), the last for what is above all bounds, and their sum."""

    counts: tuple[int, ...]
    sum_s: float


class RouteReport(msgspec.Struct, frozen=True):
    """Observations by route (see `route_latency.ROUTE_BUCKETS_S`), and the routes that are served no more."""

    durations: dict[str, Distribution] = {}
    gone: tuple[str, ...] = ()


class WorkerReport(msgspec.Struct, frozen=True, tag="counted"):
    """What a worker counted since the last such message, and its gauges as they are, all by the name of the metric."""

    counts: dict[str, tuple[tuple[Labels, float], ...]]
    histograms: dict[str, Distribution]
    gauges: dict[str, float]
    routes: RouteReport = RouteReport()


Message = SnapshotLoaded | SnapshotRefused | CertificatesLoaded | PortsWanted | WorkerReport

_DECODER = msgspec.json.Decoder(Message)


class Receiver:
    """The supervisor's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, end: socket.socket) -> Receiver:
        """Take over one end of a socket pair."""
        return cls(*await asyncio.open_unix_connection(sock=end, limit=LINE_BYTES_MAX))

    async def receive(self) -> Message | None:
        """The next message, None at the end; raises `ChannelError` for what is not one."""
        try:
            line = await self._reader.readline()
            return _DECODER.decode(line) if line.endswith(b"\n") else None
        except ConnectionError:
            return None
        except (ValueError, msgspec.MsgspecError) as error:
            raise ChannelError("a worker sent what is not a message") from error

    def close(self) -> None:
        self._writer.close()


class Sender:
    """The worker's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, end: socket.socket) -> Sender:
        """Take over one end of a socket pair."""
        return cls(*await asyncio.open_unix_connection(sock=end))

    @property
    def is_stalled(self) -> bool:
        """Whether earlier messages still wait to be taken; a frequent sender then waits, so that nothing piles up."""
        return self._writer.transport.get_write_buffer_size() > 0

    def send(self, message: Message) -> None:
        """Send as soon as possible; a message to a supervisor that is gone is lost."""
        if not self._writer.is_closing():
            self._writer.write(msgspec.json.encode(message) + b"\n")

    async def until_end(self) -> None:
        """Wait until the supervisor is gone."""
        try:
            await self._reader.read()
        except ConnectionError:
            return

    async def close(self, timeout_s: float) -> None:
        """Let the last messages out, but not for longer than this."""
        self._writer.close()
        try:
            async with asyncio.timeout(timeout_s):
                await self._writer.wait_closed()
        except (TimeoutError, ConnectionError):
            self._writer.transport.abort()
