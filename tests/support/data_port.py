"""A data port without sockets: fake transports on a loop whose clock and network a test moves by hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Self, TypeVar

from postern_core.snapshot import Backend, Endpoint, Endpoints, PathMatch, Route, Snapshot, ValueMatch
from postern_core.special_addresses import AllowedAddresses
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.reload.active_table import ActiveTable
from postern_dataplane.server.gateway import Gateway
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.table.table_settings import TableSettings
from postern_dataplane.telemetry.definitions import EVICTIONS, MIRRORED, TLS_HANDSHAKES, UPSTREAM_ERRORS, Metric
from postern_dataplane.telemetry.definitions import UNKNOWN_KEY_HINTS as HINTS
from postern_dataplane.telemetry.events import RequestRecord
from postern_dataplane.upstream.dial_policy import DialPolicy

T = TypeVar("T")

BACKEND = Backend(id="Service/demo/app", request_timeout_ms=30_000, idle_timeout_ms=20_000)
LISTENER = ListenerConfig()
ENDPOINTS = (Endpoint(address="10.0.0.1", port=80),)
# Nothing is this machine's own: whatever its addresses are, a test means no application of it.
DIAL_POLICY = DialPolicy(AllowedAddresses(), is_own=lambda _address: False)
COUNTED = (EVICTIONS, TLS_HANDSHAKES, HINTS, UPSTREAM_ERRORS, MIRRORED)
# What a gateway has beside the limits of a client.
GATEWAY = {"connection_memory_bytes": 128 * 2**20, "dial_policy": DIAL_POLICY, "remembers_heads": True}


class Transport(asyncio.Transport):
    """What asyncio would give a protocol; it remembers what was done with it."""

    def __init__(self, protocol: asyncio.Protocol, loop: Loop) -> None:
        super().__init__({"peername": ("192.0.2.1", 5000)})
        self.protocol, self.loop = protocol, loop
        self.written = b""
        self.writes = 0
        self.end = ""  # how it ended: "close" or "abort"
        self.said_eof = self.is_paused = False
        self.unsent = 0  # bytes that the other side has not taken yet
        self._is_lost = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if not self.end and not self.said_eof:
            self.writes += 1
            self.written += data

    def write_eof(self) -> None:
        self.said_eof = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def is_closing(self) -> bool:
        return bool(self.end)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def close(self) -> None:
        self.end = self.end or "close"
        if not self.unsent:
            self._lose()

    def abort(self) -> None:
        self.end = "abort"
        self._lose()

    def _lose(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            self.loop.call_soon(self.protocol.connection_lost, None)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self.written = self.written, b""
        return taken


class Loop(asyncio.SelectorEventLoop):
    """Time stands still until a test moves it, and the network is what the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.failures: list[Exception | None] = []  # errors of the next connections, in order; None is success
        self.pending: asyncio.Future[None] | None = None  # what the next connections wait for
        self.closes = False  # whether connections close as soon as they are open
        self.dials: list[tuple[str, int, dict[str, Any]]] = []
        self.names: dict[str, Any] = {}  # host -> addresses, or the error, or a future of them
        self.lookups: list[str] = []
        self.dialled: list[Any] = []  # the upstream connections that were made
        self.unhandled: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, context: self.unhandled.append(context))

    def time(self) -> float:
        return self.now

    async def create_connection(  # type: ignore[override] # as the data plane calls it
        self, factory: Callable[[], asyncio.Protocol], host: str, port: int, **tls: Any
    ) -> tuple[Transport, asyncio.Protocol]:
        self.dials.append((host, port, tls))
        if self.pending is not None:
            await asyncio.shield(self.pending)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        protocol = factory()
        transport = Transport(protocol, self)
        protocol.connection_made(transport)
        self.dialled.append(protocol)
        if self.closes:
            transport.close()
        return transport, protocol

    async def getaddrinfo(  # type: ignore[override] # as the data plane calls it
        self, host: str, port: int, **_more: Any
    ) -> list[tuple[Any, ...]]:
        self.lookups.append(host)
        found = self.names.get(host, socket.gaierror(-2, "unknown"))
        if isinstance(found, asyncio.Future):
            found = await found
        if isinstance(found, Exception):
            raise found
        families = {address: socket.AF_INET6 if ":" in address else socket.AF_INET for address in found}
        return [(family, socket.SOCK_STREAM, 6, "", (address, 0)) for address, family in families.items()]

    async def run_in_executor(  # type: ignore[override] # at once, without a thread
        self, _executor: object, function: Callable[..., T], *arguments: Any
    ) -> T:
        return function(*arguments)

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Call within the loop, and let happen at once what follows from it."""

        async def calling() -> T:
            return function(*arguments, **named)

        result = self.run_until_complete(calling())
        self.settle()
        return result

    def settle(self) -> None:
        """Run all that is due."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:  # type: ignore[attr-defined] # a private list of asyncio
                return

    def pass_time(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += seconds
        self.settle()


class Observer:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []
        self._kept: dict[Metric, list[Any]] = {metric: [] for metric in COUNTED}
        self.evictions, self.handshakes, self.hints, self.errors, self.mirrored = self._kept.values()
        self.open = 0

    def request_done(self, record: RequestRecord) -> None:
        self.records.append(record)

    def connection_opened(self) -> None:
        self.open += 1

    def connection_closed(self) -> None:
        self.open -= 1

    def count(self, metric: Metric, *labels: str) -> None:
        self._kept[metric].append(labels if len(labels) > 1 else labels[0])


class Client:
    """One connection to the gateway."""

    def __init__(self, gateway: Gateway, loop: Loop, listener: ListenerConfig = LISTENER) -> None:
        self.loop = loop
        self.connection = gateway.plain(listener)()
        self.transport = Transport(self.connection, loop)
        loop.call(self.connection.connection_made, self.transport)

    def send(self, data: bytes) -> Self:
        assert not self.transport.is_paused, "the gateway does not read now"
        self.loop.call(self.connection.data_received, data)
        return self

    def get(self, path: str = "/", *fields: str, method: str = "GET", body: bytes = b"", version: str = "1.1") -> Self:
        """Send a request."""
        lines = [f"{method} {path} HTTP/{version}", "Host: app.example.com", *fields]
        return self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def leave(self) -> None:
        self.loop.call(self.connection.connection_lost, None)

    def block(self) -> None:
        self.loop.call(self.connection.pause_writing)

    def unblock(self) -> None:
        self.loop.call(self.connection.resume_writing)

    def expire(self) -> None:
        """Let the present deadline pass."""
        self.loop.pass_time(self.connection.deadline.at - self.loop.now + 0.2)

    def take(self) -> bytes:
        """What came since the last time."""
        return self.transport.take()

    def statuses(self) -> list[int]:
        """The statuses of the answers that came since the last time; bodies don't look like one here."""
        return [int(part[:3]) for part in self.take().split(b"HTTP/1.1 ")[1:]]


class Port:
    """A gateway whose table has one Service, `demo/app`: every method of every path, and a refused `/refused`."""

    def __init__(
        self,
        loop: Loop,
        *,
        backend: Backend = BACKEND,
        endpoints: tuple[Endpoint, ...] = ENDPOINTS,
        body_bytes_max: int | None = None,
        **settings: Any,
    ) -> None:
        self.loop = loop
        self.body_bytes_max = body_bytes_max
        self.observer = Observer()
        self.active_table = ActiveTable()
        self.serve(backend, *endpoints)
        gateway = {name: settings.pop(name) for name in GATEWAY if name in settings}
        named: dict[str, Any] = {
            "active_table": self.active_table,
            "limits": Limits(**settings),
            "observer": self.observer,
        }
        self.gateway = loop.call(Gateway, **named | GATEWAY | gateway)

    def serve(self, backend: Backend, *endpoints: Endpoint) -> None:
        """Put a table into force."""
        plain: dict[str, Any] = {
            "namespace": "demo",
            "created": "",
            "hosts": ("*",),
            "backend": backend.id,
            "service": "demo/app",
        }
        routes = (
            Route(id="Route/demo/all", name="all", paths=(PathMatch(type="Prefix", value="/"),), **plain),
            Route(
                id="Route/demo/refused", name="refused", paths=(PathMatch(type="Exact", value="/refused"),),
                refusal="because", headers=(ValueMatch(name="host", type="Regex", value=".*"),), **plain,
            ),
            Route(
                id="Route/demo/small", name="small", paths=(PathMatch(type="Exact", value="/small"),),
                max_body_bytes=10, **plain,
            ),
        )  # fmt: skip
        snapshot = Snapshot(
            gateway="default", routes=routes, backends=(backend,),
            endpoints=(Endpoints(id=backend.id, endpoints=endpoints),),
        )  # fmt: skip
        self.active_table.swap(build_table(snapshot, "digest", TableSettings(body_bytes_max=self.body_bytes_max)), 0.0)

    def client(self, *listener: ListenerConfig) -> Client:
        return Client(self.gateway, self.loop, *listener)

    @property
    def upstream(self) -> Any:
        """The upstream connection that was made last."""
        return self.loop.dialled[-1]

    def answer(self, data: bytes, connection: Any = None) -> None:
        """Let the upstream say something."""
        self.loop.call((connection or self.upstream).data_received, data)

    def reset(self, connection: Any = None) -> None:
        """Let the upstream break off."""
        self.loop.call((connection or self.upstream).connection_lost, ConnectionResetError())

    def outcomes(self) -> list[tuple[int, str]]:
        """Status and reason of each request that has ended."""
        return [(record.status, record.reason) for record in self.observer.records]
