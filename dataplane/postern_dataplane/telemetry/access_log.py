"""The access log: one JSON line a request on stdout, written beside the hot path.

A request only appends to a queue; a thread writes what has gathered.  Lines that
are not read are dropped and counted, and the gateway goes on.  Of requests that pass a share is logged; a refusal is
logged whatever the share, as long as a flood of them does not fill the disk of the node.
No line holds a query, a header or a token.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from random import random
from zlib import crc32

from .events import RequestRecord, is_refusal
from .log_line import WRITE_BYTES_MAX, LogFormat

FLUSH_S = 0.2
LINES_WAITING_MAX = 10_000
# Usual lines are 400 bytes; what a client makes longest, ten times as long.
WAITING_BYTES_MAX = 4 * 2**20


class LineRate:
    """A token bucket: so many lines a second, and those of a second at once."""

    def __init__(self, per_second: int, clock: Callable[[], float]) -> None:
        self._per_second = self._left = float(per_second)
        self._clock = clock
        self._at = clock()

    def allows_one(self) -> bool:
        """Take one line, if one is left."""
        now = self._clock()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class AccessLog:
    """Writes the given share of requests (0 to 1) to a file descriptor, which it does not own.

    Refusals beyond the share are written too, `refusals_per_second` at most.
    """

    def __init__(
        self,
        share: float,
        descriptor: int,
        *,
        log_format: str = "postern",
        refusals_per_second: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = share
        self._refusals = LineRate(refusals_per_second, clock)
        self._descriptor = descriptor
        self._encoded = LogFormat(log_format).encoded
        self._lines: deque[bytes] = deque()
        # Each is changed by one thread only: by the one that queues, and by the one that writes.
        self._queued_bytes = self._taken_bytes = 0
        self._dropped = self._limited = 0
        self._stopping = threading.Event()
        # A daemon: a stdout that stands still must not keep the process from ending.
        self._thread = threading.Thread(target=self._write_on, name="access-log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def request_done(self, record: RequestRecord) -> None:
        """Queue a line, if this request is of the share, or a refusal."""
        if not self._is_of_share(record) and not self._is_logged_refusal(record):
            return
        if len(self._lines) >= LINES_WAITING_MAX or self._queued_bytes - self._taken_bytes >= WAITING_BYTES_MAX:
            self._dropped += 1
            return
        line = self._encoded(record, time.time())
        self._queued_bytes += len(line)
        self._lines.append(line)

    def _is_of_share(self, record: RequestRecord) -> bool:
        """By the request's id, so that all gateways which know it choose the same requests; otherwise at random.

        What comes in turn could be ordered by a client, so that others' requests are never of the share.
        """
        if record.request_id:
            return crc32(record.request_id.encode()) < self._share * 2**32
        return random() < self._share  # noqa: S311 # chance, not a secret

    def _is_logged_refusal(self, record: RequestRecord) -> bool:
        if not is_refusal(record):
            return False
        if self._refusals.allows_one():
            return True
        self._limited += 1
        return False

    def take_dropped(self) -> int:
        """How many lines were dropped since the last time."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def take_limited(self) -> int:
        """How many refusals had no line because there were too many, since the last time."""
        limited, self._limited = self._limited, 0
        return limited

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
