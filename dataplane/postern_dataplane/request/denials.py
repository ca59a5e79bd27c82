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
    `challenge` is the value of WWW-Authenticate, `location` of Location.
    `closes` says that the connection can't be used again after this answer.
    """

    reason: str
    status: int
    message: str
    challenge: str = ""
    allow: str = ""
    location: str = ""
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
        if self.location:
            fields += f"Location: {self.location}\r\n"
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

    def with_location(self, location: str) -> Denial:
        """The same refusal with the place where to ask instead; whoever calls knows that it is one line of ASCII."""
        return replace(self, location=location)


# What has no route, or no single reading.
NO_ROUTE = Denial("no_route", 404, "404 Route Not Found")
BAD_REQUEST = Denial("bad_request", 400, "Bad request", closes=True)
METHOD_NOT_ALLOWED = Denial(
    "method_not_allowed", 405, "Method not allowed", allow="GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", closes=True
)
URI_TOO_LONG = Denial("uri_too_long", 414, "Request target too long", closes=True)
HEADERS_TOO_LARGE = Denial("headers_too_large", 431, "Request headers too large", closes=True)
EXPECTATION_FAILED = Denial("expectation_failed", 417, "Expectation failed", closes=True)
REQUEST_TIMEOUT = Denial("request_timeout", 408, "Request timeout", closes=True)

# What has to go when memory is short: a large head that has no end, one that is small and slow, and what would be kept
# for a request that is under way.
OUT_OF_MEMORY_FOR_HEAD = Denial("out_of_memory_head", 431, "Request headers too large", closes=True)
OUT_OF_MEMORY_FOR_SLOW = Denial("out_of_memory_slow", 408, "Request timeout", closes=True)
OUT_OF_MEMORY = Denial("out_of_memory", 503, "Service unavailable", closes=True)

# Who has come without TLS, where that is wanted.
REDIRECTED_TO_HTTPS = Denial("redirected_to_https", 308, "Moved to HTTPS")

# What can't be served now.
NOT_READY = Denial("not_ready", 503, "Not ready", closes=True)
TOO_MANY_CONNECTIONS = Denial("too_many_connections", 503, "Too many connections", closes=True)
ROUTE_REFUSED = Denial("route_refused", 503, "Service unavailable")
UPSTREAM_UNAVAILABLE = Denial("upstream_unavailable", 503, "Service unavailable")
UPSTREAM_CONNECT_FAILED = Denial("upstream_connect_failed", 502, "Bad gateway")
UPSTREAM_RESET = Denial("upstream_reset", 502, "Bad gateway")
UPSTREAM_BAD_RESPONSE = Denial("upstream_bad_response", 502, "Bad gateway")
UPSTREAM_TIMEOUT = Denial("upstream_timeout", 504, "Gateway timeout")

# Who may not pass. The two 401 bodies and the 403 are one each, whatever the reason.
MISSING_TOKEN = Denial("missing_token", 401, "Missing JWT token in request")
NOT_ALLOWED = Denial("not_allowed", 403, "Consumer not allowed")
INVALID_TOKEN_REASONS = (
    "repeated_token",
    "malformed_token",
    "unsupported_crit",
    "missing_key_claim",
    "unknown_credential",
    "algorithm_mismatch",
    "unknown_kid",
    "key_expired",
    "bad_signature",
    "expired",
    "not_yet_valid",
    "invalid_claim",
    "lifetime_too_long",
    "wrong_issuer",
    "wrong_audience",
    "missing_claim",
    "revoked",
)
INVALID_TOKEN = {reason: Denial(reason, 401, "JWT token invalid") for reason in INVALID_TOKEN_REASONS}
