"""A data port without sockets: fake transports on a loop whose clock and network a test moves by hand."""

from __future__ import annotations

import asyncio
import socket

from postern_core.snapshot import Backend, Endpoint, Endpoints, PathMatch, Route, Snapshot, ValueMatch
from postern_dataplane.listener import ListenerConfig
from postern_dataplane.reload.active_table import ActiveTable
from postern_dataplane.server.gateway import Gateway
from postern_dataplane.settings import Limits
from postern_dataplane.table.routing_table import build_table
from postern_dataplane.telemetry.definitions import EVICTIONS, TLS_HANDSHAKES, UPSTREAM_ERRORS

BACKEND = Backend(id="Service/demo/app", request_timeout_ms=30_000, idle_timeout_ms=20_000)
LISTENER = ListenerConfig(9080)
ENDPOINTS = (Endpoint(address="10.0.0.1", port=80),)
# What a gateway has beside the limits of a client.
GATEWAY = {"connection_memory_bytes": 128 * 2**20, "remembers_heads": True}


class Transport(asyncio.Transport):
    """What asyncio would give a protocol; it remembers what was done with it."""

    def __init__(self, protocol, loop):
        super().__init__({"peername": ("192.0.2.1", 5000)})
        self.protocol, self.loop = protocol, loop
        self.written = b""
        self.writes = 0
        self.end = ""  # how it ended: "close" or "abort"
        self.said_eof = self.is_paused = False
        self.unsent = 0  # bytes that the other side has not taken yet
        self._is_lost = False

    def write(self, data):
        if not self.end and not self.said_eof:
            self.writes += 1
            self.written += data

    def write_eof(self):
        self.said_eof = True

    def pause_reading(self):
        self.is_paused = True

    def resume_reading(self):
        self.is_paused = False

    def is_closing(self):
        return bool(self.end)

    def get_write_buffer_size(self):
        return self.unsent

    def close(self):
        self.end = self.end or "close"
        if not self.unsent:
            self._lose()

    def abort(self):
        self.end = "abort"
        self._lose()

    def _lose(self):
        if not self._is_lost:
            self._is_lost = True
            self.loop.call_soon(self.protocol.connection_lost, None)

    def take(self):
        """What was written since the last time."""
        taken, self.written = self.written, b""
        return taken


class Loop(asyncio.SelectorEventLoop):
    """Time stands still until a test moves it, and the network is what the test says."""

    def __init__(self):
        super().__init__()
        self.now = 1_000.0
        self.failures = []  # errors of the next connections, in order; None is success
        self.pending = None  # a future that the next connections wait for
        self.closes = False  # whether connections close as soon as they are open
        self.dials = []
        self.names = {}  # host -> addresses, or the error
        self.lookups = []
        self.dialled = []  # the upstream connections that were made
        self.unhandled = []
        self.set_exception_handler(lambda _loop, context: self.unhandled.append(context))

    def time(self):
        return self.now

    async def create_connection(self, factory, host, port, **tls):
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

    async def getaddrinfo(self, host, port, **_more):
        self.lookups.append(host)
        found = self.names.get(host, socket.gaierror(-2, "unknown"))
        if isinstance(found, asyncio.Future):
            found = await found
        if isinstance(found, Exception):
            raise found
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

    async def run_in_executor(self, _executor, function, *arguments):
        return function(*arguments)

    def call(self, function, *arguments, **named):
        """Call within the loop, and let happen at once what follows from it."""

        async def calling():
            return function(*arguments, **named)

        result = self.run_until_complete(calling())
        self.settle()
        return result

    def settle(self):
        """Run all that is due."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:
                return

    def pass_time(self, seconds):
        """Let time pass at once."""
        self.now += seconds
        self.settle()


class Observer:
    """Keeps what it is told."""

    def __init__(self):
        self.records = []
        self.errors, self.handshakes, self.evictions = [], [], []
        self._kept = {UPSTREAM_ERRORS: self.errors, TLS_HANDSHAKES: self.handshakes, EVICTIONS: self.evictions}
        self.open = 0

    def request_done(self, record):
        self.records.append(record)

    def connection_opened(self):
        self.open += 1

    def connection_closed(self):
        self.open -= 1

    def count(self, metric, *labels):
        self._kept[metric].append(labels if len(labels) > 1 else labels[0])


class Client:
    """One connection to the gateway."""

    def __init__(self, gateway, loop, listener=LISTENER):
        self.loop = loop
        self.connection = gateway.plain(listener)()
        self.transport = Transport(self.connection, loop)
        loop.call(self.connection.connection_made, self.transport)

    def send(self, data):
        assert not self.transport.is_paused, "the gateway does not read now"
        self.loop.call(self.connection.data_received, data)
        return self

    def get(self, path="/", *fields, method="GET", body=b"", version="1.1"):
        """Send a request."""
        lines = [f"{method} {path} HTTP/{version}", "Host: app.example.com", *fields]
        return self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def leave(self):
        self.loop.call(self.connection.connection_lost, None)

    def block(self):
        self.loop.call(self.connection.pause_writing)

    def unblock(self):
        self.loop.call(self.connection.resume_writing)

    def expire(self):
        """Let the present deadline pass."""
        self.loop.pass_time(self.connection.deadline.at - self.loop.now + 0.2)

    def take(self):
        """What came since the last time."""
        return self.transport.take()

    def statuses(self):
        """The statuses of the answers that came since the last time; bodies don't look like one here."""
        return [int(part[:3]) for part in self.take().split(b"HTTP/1.1 ")[1:]]


class Port:
    """A gateway whose table has one Service, `demo/app`: every method of every path, and a refused `/refused`."""

    def __init__(self, loop, *, backend=BACKEND, endpoints=ENDPOINTS, **settings):
        self.loop = loop
        self.observer = Observer()
        self.active_table = ActiveTable()
        self.serve(backend, *endpoints)
        gateway = {name: settings.pop(name) for name in GATEWAY if name in settings}
        named = {"active_table": self.active_table, "limits": Limits(**settings), "observer": self.observer}
        self.gateway = loop.call(Gateway, **named | GATEWAY | gateway)

    def serve(self, backend, *endpoints):
        """Put a table into force."""
        plain = {"namespace": "demo", "created": "", "hosts": ("*",), "backend": backend.id, "service": "demo/app"}
        routes = (
            Route(id="Route/demo/all", name="all", paths=(PathMatch(type="Prefix", value="/"),), **plain),
            Route(
                id="Route/demo/refused", name="refused", paths=(PathMatch(type="Exact", value="/refused"),),
                refusal="because", headers=(ValueMatch(name="host", type="Regex", value=".*"),), **plain,
            ),
        )  # fmt: skip
        snapshot = Snapshot(
            gateway="default", routes=routes, backends=(backend,),
            endpoints=(Endpoints(id=backend.id, endpoints=endpoints),),
        )  # fmt: skip
        self.active_table.swap(build_table(snapshot, "digest"), 0.0)

    def client(self, *listener):
        return Client(self.gateway, self.loop, *listener)

    @property
    def upstream(self):
        """The upstream connection that was made last."""
        return self.loop.dialled[-1]

    def answer(self, data, connection=None):
        """Let the upstream say something."""
        self.loop.call((connection or self.upstream).data_received, data)

    def reset(self, connection=None):
        """Let the upstream break off."""
        self.loop.call((connection or self.upstream).connection_lost, ConnectionResetError())

    def outcomes(self):
        """Status and reason of each request that has ended."""
        return [(record.status, record.reason) for record in self.observer.records]
