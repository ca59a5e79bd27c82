"""The response on its way to the client: its head, its body as the client's side frames it, and how it ends."""

from __future__ import annotations

from collections.abc import Callable

from postern_dataplane.request.field_layout import Fields as RequestFields
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.path_mapping import PathMapping
from postern_dataplane.request.response_edits import ResponseEdits

from .cors_fields import with_cors
from .head_readers import read_response
from .response import CHUNKED, UNTIL_CLOSE, Fields, Response


class ResponseWriter:
    """One response; what one packet of the upstream brought goes out in one write.

    `mapping` changes the paths of its fields, None leaves them as they are; `host` is the one that was asked for.
    `cors` are the fields of CORS, None leaves the upstream's; `edits` are those of the route, which come before them.
    """

    __slots__ = (
        "_asked", "_edits", "_head", "_host", "_is_chunked", "_mapping", "_parts", "_write", "add", "cors",
        "head_is_out", "response", "size_bytes",
    )  # fmt: skip

    def __init__(
        self,
        write: Callable[[bytes], None],
        head: RequestHead,
        mapping: PathMapping | None = None,
        host: str = "",
        cors: RequestFields | None = None,
        *,
        edits: ResponseEdits | None = None,
    ) -> None:
        self._write = write
        self._asked = head
        self._mapping = mapping
        self._host = host
        self.cors = cors
        self._edits = edits
        self._head = b""
        # What one packet brought of the body, which goes out as one chunk however many it came in.
        self._parts: list[bytes] = []
        self.add = self._parts.append
        self.response: Response | None = None
        self._is_chunked = False
        self.head_is_out = False
        self.size_bytes = 0

    def begin(self, status: int, phrase: bytes, fields: Fields, *, closes: bool) -> Response:
        """Take the final head; raises `BadResponse`. `closes`: the client's connection ends after it."""
        if self._mapping is not None:
            fields = self._mapping.fields(fields, self._host)
        written: RequestFields = ()
        if self._edits is not None:
            fields, written = self._edits.kept(fields), self._edits.added
        if self.cors is not None:
            fields, written = with_cors(fields, ()), tuple(with_cors(written, self.cors))
        method, http_minor = self._asked.method, self._asked.http_minor
        response = read_response(
            status, phrase, fields, method=method, http_minor=http_minor, closes=closes, written=written
        )
        self.response = response
        self._is_chunked = response.client is CHUNKED
        self._head = response.head
        return response

    def flush(self, end: bytes = b"") -> bool:
        """Send what has gathered, and `end` behind it; whether there was anything."""
        head, parts = self._head, self._parts
        if not (head or parts or end):
            return False
        if parts and self._is_chunked:
            size = sum(map(len, parts))
            data = b"".join((head, b"%x\r\n" % size, *parts, b"\r\n", end))
        else:
            data = b"".join((head, *parts, end))
            size = len(data) - len(head) - len(end)
        self.size_bytes += size
        self._head = b""
        parts.clear()
        self.head_is_out = True
        self._write(data)
        return True

    def end(self) -> None:
        """Send what is left, and what says that this was all."""
        self.flush(b"0\r\n\r\n" if self._is_chunked else b"")

    def discard(self) -> None:
        """Forget what has not gone out yet."""
        self._head = b""
        self._parts.clear()

    @property
    def cut_is_unseen(self) -> bool:
        """Whether a client would take an early end for a whole response."""
        return self.response is not None and self.response.client is UNTIL_CLOSE
