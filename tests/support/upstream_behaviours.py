"""How an upstream may answer, well and badly; each is a behaviour for `Upstream.on`, or makes one."""

from __future__ import annotations

import threading
import time

from upstream import Behaviour, Exchange, Gone, plainly


def says(*parts: bytes | str, closes: bool = False) -> Behaviour:
    """Take the body, then say just this, each part in a packet of its own."""

    def behave(exchange: Exchange) -> None:
        exchange.read_body()
        for part in parts:
            exchange.send(part)
            if len(parts) > 1:
                time.sleep(0.005)  # so that the parts arrive one by one; nothing depends on it
        if closes:
            exchange.close()

    return behave


def early(*parts: bytes | str) -> Behaviour:
    """Answer before the body has come, and never read it."""

    def behave(exchange: Exchange) -> None:
        exchange.is_body_read = True
        exchange.send(*parts)
        exchange.until_gone()

    return behave


def says_and_resets(*parts: bytes | str) -> Behaviour:
    """Say this, and reset the connection once it has been read."""

    def behave(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(*parts)
        # A reset overtakes what was sent before it; the other side reads it first.
        time.sleep(0.1)
        exchange.reset()

    return behave


def silent(exchange: Exchange) -> None:
    """Take the body and never answer; ends when the gateway gives up."""
    exchange.read_body()
    exchange.until_gone()


def silent_after(*parts: bytes | str) -> Behaviour:
    """Begin an answer, and never end it."""

    def behave(exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(*parts)
        exchange.until_gone()

    return behave


def closes_at_once(exchange: Exchange) -> None:
    """Close without a word."""
    exchange.read_body()
    exchange.close()


def once(exchange: Exchange) -> None:
    """Answer the first request of a connection; close at the second, as one whose time is up."""
    if exchange.number:
        exchange.is_body_read = True
        exchange.close()
        return
    plainly(exchange)


class Gate:
    """Answers when a test says so."""

    def __init__(self, *before: bytes | str) -> None:
        self._before = before
        self._opened = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def __call__(self, exchange: Exchange) -> None:
        exchange.read_body()
        exchange.send(*self._before)
        if not self._opened.wait(60):
            raise Gone
        if not self._before:
            plainly(exchange)


class Download:
    """Sends a large body; `sent` is how much of it the connection has taken."""

    def __init__(self, size: int, *, chunked: bool = False) -> None:
        self.sent = 0
        self._size = size
        self._chunked = chunked

    def __call__(self, exchange: Exchange) -> None:
        exchange.read_body()
        framing = "Transfer-Encoding: chunked" if self._chunked else f"Content-Length: {self._size}"
        exchange.send(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n")
        piece = bytes(range(256)) * 256
        while self.sent < self._size:
            part = piece[: self._size - self.sent]
            exchange.send(b"%x\r\n%b\r\n" % (len(part), part) if self._chunked else part)
            self.sent += len(part)
        if self._chunked:
            exchange.send("0\r\n\r\n")


def echo(exchange: Exchange) -> None:
    """Answer with what was asked for and the content of the body."""
    body = exchange.read_body()
    content = exchange.seen.start.encode("latin-1") + b"\n" + body
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))


class CountsBody:
    """Takes a body without keeping it, once `gate` is open; `size` is how much has come."""

    def __init__(self) -> None:
        self.size = 0
        self.gate = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        exchange.is_body_read = True
        self.gate.wait(60)
        expected = int(exchange.seen.fields["content-length"])
        while self.size < expected:
            part = exchange.receive(2**20)
            if not part:
                raise Gone
            self.size += len(part)
        exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Tunnel:
    """Switches protocols; sends `down`, then takes what comes until there is no more, and counts it."""

    def __init__(self, down: bytes = b"") -> None:
        self.size = 0
        self._down = down

    def __call__(self, exchange: Exchange) -> None:
        exchange.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        if self._down:
            exchange.send(self._down)
        else:
            while part := exchange.receive(2**18):
                self.size += len(part)
        exchange.note(is_gone=True)
        exchange.close()


def echo_tunnel(exchange: Exchange) -> None:
    """Switch to a protocol that sends back what it gets."""
    exchange.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Kept: 1\r\n\r\n")
    while part := exchange.receive():
        exchange.seen.body += part
        if part.endswith(b"bye"):
            break
        exchange.send(part)
    exchange.note(is_gone=True)
    exchange.close()
