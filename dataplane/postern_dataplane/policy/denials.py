"""Every refusal of the data plane, as a table.

The reason is for the log and the metrics; the client is told only the status
and a short message.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus

import msgspec


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal whose answer is prepared once.

    `reason` is a short identifier, bounded in number, fit for a metric label.
    `challenge` is the value of WWW-Authenticate.  `closes` says that the
    connection can't be used again after this answer.
    """

    reason: str
    status: int
    message: str
    challenge: str = ""
    allow: str = ""
    closes: bool = False
    _start: bytes = field(init=False, repr=False, compare=False)
    _fields: bytes = field(init=False, repr=False, compare=False)
    _body: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        body = msgspec.json.encode({"message": self.message})
        phrase = HTTPStatus(self.status).phrase
        fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        if self.challenge:
            fields += f"WWW-Authenticate: {self.challenge}\r\n"
        if self.allow:
            fields += f"Allow: {self.allow}\r\n"
        object.__setattr__(self, "_start", f"HTTP/1.1 {self.status} {phrase}\r\nDate: ".encode())
        object.__setattr__(self, "_fields", f"\r\n{fields}".encode("latin-1"))
        object.__setattr__(self, "_body", body)

    def response(self, date: bytes, *, close: bool, bodyless: bool = False) -> bytes:
        """The whole answer; `date` is an IMF-fixdate, `bodyless` is for HEAD."""
        last = b"Connection: close\r\n\r\n" if close else b"\r\n"
        return b"".join((self._start, date, self._fields, last, b"" if bodyless else self._body))

    def with_challenge(self, challenge: str) -> Denial:
        """The same refusal with a route's own challenge."""
        return replace(self, challenge=challenge)
