"""An open load: whole requests at a fixed rate, however long the answers take; wrk waits for one before it asks again.

The kernel's timer says when a request is due, and its time counts from then on: the time that it waits for a free
connection is part of it, so that a gateway which stops for a while is not asked less meanwhile (what is called
coordinated omission).  `python -m bench.paced` writes one line of JSON.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import re
import select
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.mixed import ANSWER_BYTES

READ_BYTES = 64 * 1024
# For what is still unanswered after the last request was due.
PATIENCE_S = 10.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the load has seen; times are in milliseconds, and of all requests that were due."""

    requests: int
    seconds: float
    errors: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p999_ms: float
    most_ms: float
    # How late the load itself was with requests for which there was a connection.
    late_p99_ms: float
    # How often each kind of error came.
    wrong: dict[str, int]


@dataclass(frozen=True, slots=True)
class Shot:
    """A request, and what must come."""

    wire: bytes
    status: bytes
    length: int | None


def read_shots(raw: Path, statuses: Path | None) -> list[Shot]:
    """The requests of a file as `raw.lua` reads it; without statuses all must be answered with 200."""
    content, at, wires = raw.read_bytes(), 0, list[bytes]()
    while at < len(content):
        line = content.index(b"\n", at)
        at = line + 1 + int(content[at:line])
        wires.append(content[line + 1 : at])
    expected = statuses.read_bytes().split() if statuses else [b"200"] * len(wires)
    return [Shot(wire, status, _length(wire, status)) for wire, status in zip(wires, expected, strict=True)]


def _length(wire: bytes, status: bytes) -> int | None:
    path = wire.split(b" ", 2)[1].partition(b"?")[0]
    return ANSWER_BYTES[int(path[-1:], 16)] if status == b"200" else None


class Connection:
    """One connection to the gateway, with a request under way or without."""

    __slots__ = ("_port", "_unread", "due_at", "is_last", "shot", "socket")

    def __init__(self, port: int) -> None:
        self._port = port
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        self.shot: Shot | None = None
        # Whether the gateway has said that it closes the connection.
        self.is_last = False
        self.due_at = 0.0

    def ask(self, shot: Shot, due_at: float) -> None:
        self.shot, self.due_at = shot, due_at
        self.socket.sendall(shot.wire)

    def answer(self) -> str | None:
        """Read on; returns what is wrong with the answer, "" where it is as it must be, None while it is not whole."""
        try:
            got = self.socket.recv(READ_BYTES)
        except OSError:
            got = b""
        self._unread += got
        head = self._unread.find(b"\r\n\r\n")
        if not got:
            return "closed"
        if self.shot is None:
            return "not asked for"
        if head < 0:
            return None
        length = _LENGTH.search(self._unread, 0, head + 2)
        if length is None:
            return "no length"
        if len(self._unread) < head + 4 + int(length[1]):
            return None
        shot, unread, self.shot, self._unread = self.shot, self._unread, None, b""
        self.is_last = _CLOSE.search(unread, 0, head + 2) is not None
        if unread[9:12] != shot.status:
            return f"{unread[9:12].decode()} instead of {shot.status.decode()}"
        is_whole = len(unread) == head + 4 + int(length[1])
        return "" if is_whole and shot.length in {None, int(length[1])} else "another length"


class Pacer:
    """Asks as often as it must."""

    def __init__(self, port: int, shots: Sequence[Shot], first: int, rate: float, connections: int) -> None:
        self._shots, self._next, self._rate = shots, first, rate
        self._epoll = select.epoll()
        self._by_descriptor: dict[int, Connection] = {}
        self._free: deque[Connection] = deque()
        self._waiting: deque[float] = deque()
        self._took_s: list[float] = []
        self._late_s: list[float] = []
        self._wrong: Counter[str] = Counter()
        for _ in range(connections):
            self._free.append(Connection(port))
            self._watch(self._free[-1])

    def run(self, seconds: float) -> Seen:
        """Ask for so long, and wait for the last answers."""
        count, due = int(seconds * self._rate), 0
        timer = interval_timer(1 / self._rate)
        self._epoll.register(timer, select.EPOLLIN)
        began = time.monotonic()
        end = began + seconds + PATIENCE_S
        while (len(self._took_s) + self._wrong.total() < count) and time.monotonic() < end:
            for descriptor, _ in self._epoll.poll(1.0):
                if descriptor == timer:
                    for _ in range(min(struct.unpack("q", os.read(timer, 8))[0], count - due)):
                        due += 1
                        self._due(began + due / self._rate)
                else:
                    self._read(self._by_descriptor[descriptor])
        os.close(timer)
        self._epoll.close()
        for connection in self._by_descriptor.values():
            connection.socket.close()
        took_s = time.monotonic() - began
        self._wrong["not in time"] = count - len(self._took_s) - self._wrong.total()
        return seen(self._took_s, self._late_s, took_s, +self._wrong)

    def _due(self, at: float) -> None:
        if self._free:
            self._late_s.append(time.monotonic() - at)
            self._ask(self._free.popleft(), at)
        else:
            self._waiting.append(at)

    def _ask(self, connection: Connection, due_at: float) -> None:
        connection.ask(self._shots[self._next % len(self._shots)], due_at)
        self._next += 1

    def _read(self, connection: Connection) -> None:
        was_asked, wrong = connection.shot is not None, connection.answer()
        if wrong is None:
            return
        if not wrong:
            self._took_s.append(time.monotonic() - connection.due_at)
        elif was_asked:
            self._wrong[wrong] += 1
        else:
            # What waits for nothing may be closed at any time.
            self._free.remove(connection)
        if wrong or connection.is_last:
            self._open_again(connection)
        if self._waiting:
            self._ask(connection, self._waiting.popleft())
        else:
            self._free.append(connection)

    def _open_again(self, connection: Connection) -> None:
        self._epoll.unregister(connection.socket)
        del self._by_descriptor[connection.socket.fileno()]
        connection.socket.close()
        connection.open()
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        self._by_descriptor[connection.socket.fileno()] = connection
        self._epoll.register(connection.socket, select.EPOLLIN)


def interval_timer(interval_s: float) -> int:
    """A timer of the kernel's that ticks from now on, as a descriptor; Python has none before 3.13."""
    descriptor = int(_LIBC.timerfd_create(time.CLOCK_MONOTONIC, os.O_CLOEXEC))
    parts = divmod(round(interval_s * 1e9), 10**9)
    if descriptor < 0 or _LIBC.timerfd_settime(descriptor, 0, struct.pack("4q", *parts, *parts), None):
        raise OSError(ctypes.get_errno(), "there is no timer")
    return descriptor


def seen(took_s: list[float], late_s: list[float], seconds: float, wrong: Counter[str]) -> Seen:
    ordered, late = sorted(took_s) or [0.0], sorted(late_s) or [0.0]

    def ms(values: list[float], share: float) -> float:
        return values[min(int(len(values) * share), len(values) - 1)] * 1000

    p50, p90, p99, p999, most = (ms(ordered, share) for share in (0.5, 0.9, 0.99, 0.999, 1.0))
    return Seen(len(took_s), seconds, wrong.total(), p50, p90, p99, p999, most, ms(late, 0.99), dict(wrong))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--port", type=int, required=True)
    add("--raw", type=Path, required=True, help="file of requests")
    add("--statuses", type=Path, help="file with the status of each of them")
    add("--first", type=int, default=0, help="the number of the request to begin with (0)")
    add("--rate", type=float, required=True, help="requests a second")
    add("--seconds", type=float, default=5.0)
    add("--connections", type=int, default=64)
    options = parser.parse_args()
    shots = read_shots(options.raw, options.statuses)
    # Its pauses would look like the gateway's.
    gc.disable()
    pacer = Pacer(options.port, shots, options.first, options.rate, options.connections)
    print(json.dumps(asdict(pacer.run(options.seconds))))


if __name__ == "__main__":
    main()
