"""An upstream for tests: it keeps the raw bytes of what it gets, and answers as it is told for each path.

Plain blocking sockets, a thread a connection: nothing between a test and the bytes.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from raw import PATIENCE_S, Address, reset_on_close


@dataclass
class Seen:
    """One request as it came; `body` is raw, so chunked where it came chunked.

    `is_whole` says that all of the body is here, `is_gone` that the gateway has
    closed the connection.
    """

    connection: int
    head: bytes
    body: bytes = b""
    is_whole: bool = False
    is_gone: bool = False

    @property
    def start(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def target(self) -> str:
        return self.start.split(" ")[1]

    @property
    def fields(self) -> dict[str, str]:
        """The fields by name in lower case; a name that comes twice has both values, by a comma."""
        found: dict[str, str] = {}
        for line in self.head.decode("latin-1").split("\r\n")[1:-2]:
            name, _, value = line.partition(": ")
            found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
        return found


class Gone(Exception):
    """The other side has closed the connection."""


@dataclass
class Exchange:
    """One request that is being answered."""

    upstream: Upstream
    seen: Seen
    number: int
    socket: socket.socket
    unread: bytearray
    is_closed: bool = False
    is_body_read: bool = False

    def send(self, *parts: bytes | str) -> None:
        """Send each part in a packet of its own, as far as that can be had."""
        try:
            for part in parts:
                self.socket.sendall(part.encode("latin-1") if isinstance(part, str) else part)
        except OSError as error:
            raise Gone from error

    def receive(self, size: int = 65_536) -> bytes:
        """Some bytes; empty at the end."""
        if self.unread:
            part = bytes(self.unread[:size])
            del self.unread[:size]
            return part
        try:
            return self.socket.recv(size)
        except OSError:
            return b""

    def take(self, size: int) -> bytes:
        """So many bytes exactly."""
        parts, missing = [], size
        while missing:
            part = self.receive(min(missing, 2**20))
            if not part:
                raise Gone
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def take_line(self) -> bytes:
        line = bytearray()
        while not line.endswith(b"\r\n"):
            line += self.take(1)
        return bytes(line)

    def read_body(self) -> bytes:
        """The request's body, raw; remembered in `seen`."""
        if not self.is_body_read:
            self.is_body_read = True
            fields = self.seen.fields
            if "transfer-encoding" in fields:
                self._read_chunks()
            else:
                self.seen.body = self.take(int(fields.get("content-length", "0")))
            self.note(is_whole=True)
        return self.seen.body

    def _read_chunks(self) -> None:
        parts = []
        while True:
            line = self.take_line()
            parts += [line, self.take(int(line.split(b";")[0], 16))]
            if parts[-1] == b"":
                break
            parts.append(self.take(2))
        while (line := self.take_line()) != b"\r\n":
            parts.append(line)
        self.seen.body = b"".join([*parts, b"\r\n"])

    def note(self, **facts: bool) -> None:
        """Say something of the request to whoever waits for it."""
        with self.upstream.changed:
            for name, fact in facts.items():
                setattr(self.seen, name, fact)
            self.upstream.changed.notify_all()

    def close(self) -> None:
        """Let the answer end with the connection."""
        self.is_closed = True

    def reset(self) -> None:
        """End the connection with a reset."""
        reset_on_close(self.socket)
        self.is_closed = True

    def until_gone(self) -> None:
        """Wait until the gateway has closed; `seen.is_gone` says that it has, and `seen.body` is what came before."""
        while part := self.receive():
            self.seen.body += part
        self.note(is_gone=True)
        self.is_closed = True


Behaviour = Callable[[Exchange], None]


def plainly(exchange: Exchange) -> None:
    """Take the body, and answer with 200 and a little JSON."""
    exchange.read_body()
    exchange.send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}')


@dataclass
class Upstream:
    """A server on a free port of loopback.

    A path without a behaviour of its own is answered plainly.  With a TLS
    context, `server_names` are those that were asked for.
    """

    tls: ssl.SSLContext | None = None
    bind: str = "127.0.0.1"
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    connections: int = 0
    _open: set[socket.socket] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._listener = socket.create_server((self.bind, 0), backlog=512)
        self.address: Address = self._listener.getsockname()
        self.port = self.address[1]
        if self.tls is not None:
            self.tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self._thread = threading.Thread(target=self._accept, name="upstream", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def on(self, path: str, behaviour: Behaviour) -> None:
        """Answer requests for a path like this from now on."""
        self.behaviours[path] = behaviour

    def forget(self) -> None:
        """Drop what was seen and told."""
        with self.changed:
            self.requests.clear()
            self.server_names.clear()
            self.behaviours.clear()

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something about the requests is so."""
        with self.changed:
            assert self.changed.wait_for(is_so, PATIENCE_S), f"the upstream has waited in vain: {what}"

    def until_requests(self, count: int) -> list[Seen]:
        """Wait for so many requests."""
        self.wait(lambda: len(self.requests) >= count, f"{count} requests, has {len(self.requests)}")
        return self.requests

    def drop_connections(self) -> None:
        """Close all connections now."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop, and end everything that is open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()
        self._thread.join(PATIENCE_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            number = self.connections
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), name="upstream", daemon=True).start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        connection = plain
        connection.settimeout(PATIENCE_S * 3)
        with contextlib.suppress(OSError, Gone):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                connection = self.tls.wrap_socket(plain, server_side=True)
                self._open.add(connection)
            unread, answered = bytearray(), 0
            while self._answer_one(connection, number, answered, unread):
                answered += 1
        self._open -= {plain, connection}
        connection.close()

    def _answer_one(self, connection: socket.socket, number: int, answered: int, unread: bytearray) -> bool:
        """Answer the next request; whether another may follow."""
        while (end := unread.find(b"\r\n\r\n")) < 0:
            more = connection.recv(65_536)
            if not more:
                return False
            unread += more
        seen = Seen(number, bytes(unread[: end + 4]))
        del unread[: end + 4]
        exchange = Exchange(self, seen, answered, connection, unread)
        with self.changed:
            self.requests.append(seen)
            behaviour = self.behaviours.get(seen.target.partition("?")[0], plainly)
            self.changed.notify_all()
        behaviour(exchange)
        if exchange.is_closed:
            return False
        exchange.read_body()
        return True
