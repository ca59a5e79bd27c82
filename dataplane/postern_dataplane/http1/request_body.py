"""The body of a request on its way upstream, framed as its head has announced it."""

from __future__ import annotations

from .request_reader import RequestReader

# How much is held of a body while there is no connection yet to send it to, or one that may turn out to be stale.
HELD_BYTES_MAX = 64 * 1024


class RequestBody:
    """One request's body: a chunked one stays chunked, one of a known length goes on as it is.

    Of one that is larger than `bytes_max` nothing is taken any more.
    Trailers are dropped: what they say was no part of the decision (RFC 9110, section 6.5.1).
    """

    __slots__ = ("_held", "_is_chunked", "_reader", "_sent", "bytes_max", "is_whole", "size_bytes")

    def __init__(self, reader: RequestReader, *, is_chunked: bool, bytes_max: int | None = None) -> None:
        self._reader = reader
        self._is_chunked = is_chunked
        self._held = b""
        self._sent: bytes | None = None
        self.is_whole = False
        self.size_bytes = 0
        self.bytes_max = bytes_max

    @property
    def is_too_large(self) -> bool:
        """Whether more has come than may; nothing of it was taken since."""
        return self.bytes_max is not None and self.size_bytes > self.bytes_max

    @property
    def held_bytes(self) -> int:
        """Bytes that wait for a connection, or are kept in case they have to be sent again."""
        return len(self._held) + len(self._sent or b"")

    def remember(self) -> None:
        """Keep what is taken from now on, as far as it is little, so that `rewind` can bring it back."""
        self._sent = b""

    def rewind(self) -> bool:
        """Bring all back that was taken; returns False where it was too much, or not to be remembered."""
        if self._sent is None:
            return False
        self._held, self._sent = self._sent + self._held, None
        return True

    def forget(self) -> None:
        """Keep no longer what was sent."""
        self._sent = None

    def hold(self) -> int:
        """Keep what has come for the next `take`, as no upstream is connected yet; returns the bytes held."""
        self._held += self._framed()
        return len(self._held)

    def take(self) -> bytes:
        """What has come since the last time, and with the last of it what ends the body."""
        held, self._held = self._held, b""
        data = held + self._framed()
        if self._sent is not None:
            self._sent = self._sent + data if len(self._sent) + len(data) <= HELD_BYTES_MAX else None
        return data

    def _framed(self) -> bytes:
        if self.is_whole:
            return b""
        data = self._reader.take_body()
        self.size_bytes += len(data)
        self.is_whole = self._reader.is_complete
        if self.bytes_max is not None and self.size_bytes > self.bytes_max:
            return b""
        if not self._is_chunked:
            return data
        framed = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        return framed + b"0\r\n\r\n" if self.is_whole else framed
