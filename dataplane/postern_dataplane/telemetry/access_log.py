"""The access log: one JSON line a request on stdout, written beside the hot path.

A request only appends to a queue; a thread writes what has gathered.  Lines that
are not read are dropped and counted, and the gateway goes on.
No line holds a query, a header or a token.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator

import msgspec

from .events import RequestRecord

FLUSH_S = 0.2
LINES_WAITING_MAX = 10_000
# Usual lines are 400 bytes; what a client makes longest, ten times as long.
WAITING_BYTES_MAX = 4 * 2**20
FIELD_CHARS_MAX = 512

# POSIX, write(): "Write requests of {PIPE_BUF} bytes or less shall not be interleaved with data from other processes
# doing writes on the same pipe."  The workers share one stdout.
WRITE_BYTES_MAX = 4096


class Line(msgspec.Struct, frozen=True):
    """One request; times in milliseconds, null where there was no upstream."""

    time: str
    method: str
    host: str
    path: str
    route: str
    consumer: str
    status: int
    reason: str
    duration_ms: float
    upstream: str
    upstream_ms: float | None
    bytes_in: int
    bytes_out: int
    peer: str


class AccessLog:
    """Writes the given share of requests (0 to 1) to a file descriptor, which it does not own."""

    def __init__(self, share: float, descriptor: int) -> None:
        self._share = share
        self._descriptor = descriptor
        self._due = 0.0
        self._lines: deque[bytes] = deque()
        # Each is changed by one thread only: by the one that queues, and by the one that writes.
        self._queued_bytes = self._taken_bytes = 0
        self._dropped = 0
        self._stopping = threading.Event()
        # A daemon: a stdout that stands still must not keep the process from ending.
        self._thread = threading.Thread(target=self._write_on, name="access-log", daemon=True)
        self._encode = msgspec.json.Encoder().encode

    def start(self) -> None:
        self._thread.start()

    def request_done(self, record: RequestRecord) -> None:
        """Queue a line, if this request is of the share."""
        self._due += self._share
        if self._due < 1:
            return
        self._due -= 1
        if len(self._lines) >= LINES_WAITING_MAX or self._queued_bytes - self._taken_bytes >= WAITING_BYTES_MAX:
            self._dropped += 1
            return
        line = self._encode(line_of(record, time.time())) + b"\n"
        self._queued_bytes += len(line)
        self._lines.append(line)

    def take_dropped(self) -> int:
        """How many lines were dropped since the last time."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def close(self, timeout_s: float) -> None:
        """Write what is queued, but not for longer than this."""
        self._stopping.set()
        self._thread.join(timeout_s)

    def _write_on(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._stopping.wait(FLUSH_S)
            for chunk, count in self._chunks():
                if not self._write(chunk):
                    self._dropped += count

    def _chunks(self) -> Iterator[tuple[bytes, int]]:
        """The queued lines in portions that are written at once, with the number of lines in each."""
        lines: list[bytes] = []
        size = 0
        while self._lines:
            line = self._lines.popleft()
            self._taken_bytes += len(line)
            if lines and size + len(line) > WRITE_BYTES_MAX:
                yield b"".join(lines), len(lines)
                lines, size = [], 0
            lines.append(line)
            size += len(line)
        if lines:
            yield b"".join(lines), len(lines)

    def _write(self, chunk: bytes) -> bool:
        """Whether all of it could be written; waits as long as the reader lets it."""
        try:
            while chunk:
                chunk = chunk[os.write(self._descriptor, chunk) :]
        except OSError:
            # The reader is gone, or the disk is full: the next portion may be luckier.
            return False
        return True


def line_of(record: RequestRecord, now_s: float) -> Line:
    """The line for a request that ended at `now_s`."""
    latency_s = record.upstream_latency_s
    return Line(
        time=_rfc3339(now_s),
        method=_printable(record.method),
        host=_printable(record.host),
        path=_printable(record.path),
        route=record.route,
        consumer=record.consumer,
        status=record.status,
        reason=record.reason,
        duration_ms=round(record.duration_s * 1000, 3),
        upstream=record.upstream,
        upstream_ms=None if latency_s is None else round(latency_s * 1000, 3),
        bytes_in=record.bytes_in,
        bytes_out=record.bytes_out,
        peer=record.peer,
    )


def _rfc3339(now_s: float) -> str:
    moment = time.gmtime(now_s)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}.{int(now_s % 1 * 1000):03d}Z"


def _printable(text: str) -> str:
    """A client's text, cut to a bounded length and without what a terminal would obey."""
    text = text[:FIELD_CHARS_MAX]
    if text.isascii() and text.isprintable():
        return text
    return text.encode("unicode_escape").decode("ascii")
