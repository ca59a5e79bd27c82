"""The response on its way to the client: its head, its body as the client's side frames it, and how it ends."""

from __future__ import annotations

from collections.abc import Callable

from .response_head import CHUNKED, UNTIL_CLOSE, Fields, Response, read_response


class ResponseWriter:
    """One response; what one packet of the upstream brought goes out in one write."""

    __slots__ = ("_method", "_minor", "_out", "_parts", "_write", "add", "head_is_out", "response", "size_bytes")

    def __init__(self, write: Callable[[bytes], None], *, method: str, http_minor: int) -> None:
        self._write = write
        self._method = method
        self._minor = http_minor
        self._out: list[bytes] = []
        # What one packet brought of the body, which goes out as one chunk however many it came in.
        self._parts: list[bytes] = []
        self.add = self._parts.append
        self.response: Response | None = None
        self.head_is_out = False
        self.size_bytes = 0

    def begin(self, status: int, phrase: bytes, fields: Fields, *, closes: bool) -> Response:
        """Take the final head; raises `BadResponse`. `closes`: the client's connection ends after it."""
        response = read_response(status, phrase, fields, method=self._method, http_minor=self._minor, closes=closes)
        self.response = response
        self._out.append(response.head)
        return response

    def _frame(self) -> None:
        """Put what has come of the body into one part."""
        parts = self._parts
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self.size_bytes += len(data)
        if self.response is not None and self.response.client is CHUNKED:
            self._out += (b"%x\r\n" % len(data), data, b"\r\n")
        else:
            self._out.append(data)

    def flush(self) -> bool:
        """Send what has gathered; whether there was anything."""
        if self._parts:
            self._frame()
        if not self._out:
            return False
        self.head_is_out = True
        self._write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()
        return True

    def end(self) -> None:
        """Send what is left, and what says that this was all."""
        if self._parts:
            self._frame()
        if self.response is not None and self.response.client is CHUNKED:
            self._out.append(b"0\r\n\r\n")
        self.flush()

    def discard(self) -> None:
        """Forget what has not gone out yet."""
        self._parts.clear()
        self._out.clear()

    @property
    def cut_is_unseen(self) -> bool:
        """Whether a client would take an early end for a whole response."""
        return self.response is not None and self.response.client is UNTIL_CLOSE
