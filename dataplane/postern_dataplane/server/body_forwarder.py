"""The body of one request on its way upstream: kept while there is no connection, and to come at a least rate.

A body that comes a byte at a time never pauses for as long as the upstream's idle time-out, and would hold two
connections without an end: so it also has to come at a least rate, on average, while the upstream takes it.
"""

from __future__ import annotations

from postern_core.snapshot import Backend
from postern_dataplane.http1.request_body import HELD_BYTES_MAX, RequestBody

from .interfaces import Downstream


class BodyForwarder:
    """What a client connection brings of one request behind its head."""

    __slots__ = ("_body", "_client", "_measured_bytes", "_measured_from")

    def __init__(self, client: Downstream, *, is_chunked: bool, bytes_max: int | None = None) -> None:
        self._client = client
        self._body = RequestBody(client.reader, is_chunked=is_chunked, bytes_max=bytes_max)
        # When the rate began to be measured, and how much there was then; None while the upstream takes nothing.
        self._measured_from: float | None = None
        self._measured_bytes = 0

    @property
    def is_whole(self) -> bool:
        return self._body.is_whole

    @property
    def is_bounded(self) -> bool:
        """Whether it may turn out to be too large."""
        return self._body.bytes_max is not None

    @property
    def is_too_large(self) -> bool:
        """Whether more has come than may, as `hold` and `take` find out."""
        return self._body.is_too_large

    @property
    def size_bytes(self) -> int:
        return self._body.size_bytes

    @property
    def held_bytes(self) -> int:
        """Bytes that wait for a connection, or are kept in case they have to be sent again."""
        return self._body.held_bytes

    def remember(self) -> None:
        """Keep what is taken from now on, within a bound, for `rewind`."""
        self._body.remember()

    def rewind(self) -> bool:
        """Bring all back that was taken; returns False where it can't be.

        The rate is measured anew: meanwhile another connection is waited for, and perhaps nothing read.
        """
        self._measured_from = None
        return self._body.rewind()

    def forget(self) -> None:
        """Keep no longer what was taken: it is answered, and never sent again."""
        self._body.forget()

    def hold(self) -> None:
        """Keep what has come, and read no more than a bound of it."""
        if self._body.hold() > HELD_BYTES_MAX:
            self._client.read_gate.pause("connecting")

    def take(self) -> bytes:
        """What has come since the last time, to be sent on."""
        self._client.read_gate.resume("connecting")
        return self._body.take()

    def wait(self, backend: Backend, now: float, began_at: float) -> None:
        """Set the time-out of the next bytes of a request that began then; a client that is not read has no rate."""
        if "upstream" in self._client.read_gate:
            self._measured_from = None
        elif self._measured_from is None:
            self._measured_from, self._measured_bytes = now, self._body.size_bytes
        size_bytes = self._body.size_bytes - self._measured_bytes
        since = self._measured_from
        self._client.deadline.wait_for_body(backend, now, began_at=began_at, since=since, size_bytes=size_bytes)
