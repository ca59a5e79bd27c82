"""A client that sends just the bytes it is given, and reads answers strictly.

Every wait ends after a while, with an error that says for what it was.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

PATIENCE_S = 20.0


class SecureAddress(NamedTuple):
    """An address where TLS is spoken, and how."""

    host: str
    port: int
    context: ssl.SSLContext
    server_name: str | None


PlainAddress = tuple[str, int]
Address = PlainAddress | SecureAddress


@dataclass(frozen=True)
class Answer:
    """One response; `is_whole` is False where the connection ended before the body did."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes
    is_whole: bool = True

    def values(self, name: str) -> list[str]:
        """All values of a field, in order."""
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def value(self, name: str) -> str | None:
        """The one value of a field, None where there is none."""
        found = self.values(name)
        assert len(found) <= 1, f"{name} comes {len(found)} times"
        return found[0] if found else None

    @property
    def message(self) -> str:
        """What a refusal says; "" where the body isn't one."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return ""
        return str(content.get("message", "")) if isinstance(content, dict) else ""

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """A connection to a server, over TLS where the address says so."""

    def __init__(self, address: Address, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        try:
            self.socket.connect(address[:2])
            if isinstance(address, SecureAddress):
                self.socket = address.context.wrap_socket(self.socket, server_hostname=address.server_name)
        except OSError:
            self.socket.close()
            raise
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, content: bytes | str) -> None:
        """Send all of it; whoever has closed already is found out when reading."""
        content = content.encode("latin-1") if isinstance(content, str) else content
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(content)

    def ask(self, content: bytes | str, *, method: str = "GET") -> Answer:
        """Send a request and read its final response."""
        self.send(content)
        answer = self.answer(method=method)
        while 100 <= answer.status < 200 and answer.status != 101:
            answer = self.answer(method=method)
        return answer

    def answer(self, *, method: str = "GET") -> Answer:
        """Read the next response, an interim one too; a method of HEAD says that no body follows."""
        head = self.until(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        version, status, *_ = start.split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), start
        fields = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
        answer = Answer(int(status), fields, b"", head)
        if method == "HEAD" or answer.status < 200 or answer.status in (204, 304):
            return answer
        body, is_whole = self._body(answer)
        return Answer(answer.status, fields, body, head, is_whole)

    def _body(self, answer: Answer) -> tuple[bytes, bool]:
        if answer.value("Transfer-Encoding") is not None:
            assert answer.value("Transfer-Encoding") == "chunked"
            assert answer.value("Content-Length") is None, "framed twice"
            return self.chunks()
        length = answer.value("Content-Length")
        if length is None:
            return self.rest(), True
        body = self.exactly(int(length))
        return body, len(body) == int(length)

    def chunks(self) -> tuple[bytes, bool]:
        """A chunked body, decoded, and whether its last chunk came; trailers are not expected."""
        body = bytearray()
        while True:
            line = self._more_until(b"\r\n")
            if not line.endswith(b"\r\n"):
                return bytes(body), False
            size = int(line, 16)
            chunk = self.exactly(size + 2)
            if len(chunk) < size + 2:
                return bytes(body + chunk[:size]), False
            assert chunk.endswith(b"\r\n"), "a chunk is longer than it says"
            if size == 0:
                return bytes(body), True
            body += chunk[:-2]

    def until(self, end: bytes) -> bytes:
        """All bytes up to and with these; fails if the connection ends before."""
        found = self._more_until(end)
        assert found.endswith(end), f"the connection ended after {found[-200:]!r}"
        return found

    def _more_until(self, end: bytes) -> bytes:
        start = 0
        while (at := self._unread.find(end, start)) < 0:
            start = max(0, len(self._unread) - len(end))
            more = self._receive()
            if not more:
                break
            self._unread += more
        cut = at + len(end) if at >= 0 else len(self._unread)
        found, self._unread = self._unread[:cut], self._unread[cut:]
        return found

    def exactly(self, size: int) -> bytes:
        """So many bytes, or fewer where the connection ends before."""
        parts, missing = [self._unread[:size]], size - min(size, len(self._unread))
        self._unread = self._unread[size:]
        while missing:
            more = self._receive(min(missing, 2**20))
            if not more:
                break
            parts.append(more)
            missing -= len(more)
        return b"".join(parts)

    def rest(self) -> bytes:
        """Everything until the connection ends."""
        parts, self._unread = [self._unread], b""
        while more := self._receive():
            parts.append(more)
        return b"".join(parts)

    def _receive(self, size: int = 65_536) -> bytes:
        try:
            return self.socket.recv(size)
        except ConnectionError:
            return b""

    def abort(self) -> None:
        """End with a reset, as a killed program does."""
        reset_on_close(self.socket)
        self.close()


def reset_on_close(connection: socket.socket) -> None:
    """Let the next close send RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def ask(address: Address, content: bytes | str, *, method: str = "GET") -> Answer:
    """One request on a connection of its own."""
    with Client(address) as client:
        return client.ask(content, method=method)


def everything(address: Address, content: bytes | str) -> bytes:
    """All that a server says to these bytes until it closes; fails if it doesn't."""
    with Client(address) as client:
        client.send(content)
        return client.rest()


def request(
    target: str = "/", *fields: str, method: str = "GET", host: str = "app.example.com", body: bytes = b""
) -> bytes:
    """A well-formed request; `fields` are whole lines."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body


def until(is_so: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for something that can only be looked at; ever more rarely, because a look takes processor time."""
    deadline, pause_s = time.monotonic() + patience_s, 0.01
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.25, 0.1)


def until_still(count: Callable[[], int], still_s: float = 0.3) -> int:
    """Wait until a number no longer changes; gives it."""
    last, since = count(), time.monotonic()

    def is_still() -> bool:
        nonlocal last, since
        if (now := count()) != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > still_s

    until(is_still, "it to stand still")
    return last
