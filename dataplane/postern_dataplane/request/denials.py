"""Every refusal of the data plane, as a table.

The reason is for the log and the metrics; the client gets only the status and
a short message.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace

import msgspec

from .field_layout import Fields


class DenialReason(enum.StrEnum):
    """Every reason for a refusal; the log and the metrics show a member's name in lower case."""

    NO_ROUTE = enum.auto()
    MISDIRECTED = enum.auto()
    BAD_REQUEST = enum.auto()
    METHOD_NOT_ALLOWED = enum.auto()
    URI_TOO_LONG = enum.auto()
    HEADERS_TOO_LARGE = enum.auto()
    BODY_TOO_LARGE = enum.auto()
    EXPECTATION_FAILED = enum.auto()
    REQUEST_TIMEOUT = enum.auto()
    OUT_OF_MEMORY_HEAD = enum.auto()
    OUT_OF_MEMORY_SLOW = enum.auto()
    OUT_OF_MEMORY = enum.auto()
    REDIRECTED_TO_HTTPS = enum.auto()
    REDIRECTED = enum.auto()
    CORS_PREFLIGHT = enum.auto()
    PROTECTED_RESOURCE = enum.auto()
    NOT_READY = enum.auto()
    TOO_MANY_CONNECTIONS = enum.auto()
    ROUTE_REFUSED = enum.auto()
    CLIENT_NOT_ALLOWED = enum.auto()
    UPSTREAM_UNAVAILABLE = enum.auto()
    UPSTREAM_ADDRESS_REFUSED = enum.auto()
    UPSTREAM_CONNECT_FAILED = enum.auto()
    UPSTREAM_CERTIFICATE_DATE = enum.auto()
    UPSTREAM_CERTIFICATE_NAME = enum.auto()
    UPSTREAM_CERTIFICATE_UNTRUSTED = enum.auto()
    UPSTREAM_TLS_FAILED = enum.auto()
    UPSTREAM_RESET = enum.auto()
    UPSTREAM_BAD_RESPONSE = enum.auto()
    UPSTREAM_TIMEOUT = enum.auto()
    MISSING_TOKEN = enum.auto()
    REPEATED_TOKEN = enum.auto()
    MALFORMED_TOKEN = enum.auto()
    UNSUPPORTED_CRIT = enum.auto()
    MISSING_KEY_CLAIM = enum.auto()
    UNKNOWN_CREDENTIAL = enum.auto()
    ALGORITHM_MISMATCH = enum.auto()
    UNKNOWN_KID = enum.auto()
    KEY_EXPIRED = enum.auto()
    BAD_SIGNATURE = enum.auto()
    WRONG_TYPE = enum.auto()
    EXPIRED = enum.auto()
    NOT_YET_VALID = enum.auto()
    INVALID_CLAIM = enum.auto()
    LIFETIME_TOO_LONG = enum.auto()
    WRONG_ISSUER = enum.auto()
    WRONG_AUDIENCE = enum.auto()
    MISSING_CLAIM = enum.auto()
    REVOKED = enum.auto()
    ISSUER_UNAVAILABLE = enum.auto()
    NOT_ALLOWED = enum.auto()
    RATE_LIMITED = enum.auto()


# A client that fails by an old one asks again. It names the host of the request, and not all shared caches tell ports
# of a host apart, so none may keep it.
DOCUMENT_CACHING = "private, max-age=300"


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal and its response, as values; the protocol of the client writes them.

    `challenge` is the value of WWW-Authenticate, `location` of Location.
    `closes` says that the connection can't be used again after this answer.
    `unknown_key_of` is the id of the token issuer of whose keys none has the token's `kid`: they may have changed.
    `document` is JSON to be read in place of the message.  `caching` is the value of Cache-Control.
    `fields` and `body` follow from the others; `beside` are the fields that do not describe the body.
    """

    reason: DenialReason
    status: int
    message: str
    challenge: str = ""
    allow: str = ""
    location: str = ""
    closes: bool = False
    unknown_key_of: str = ""
    document: bytes = b""
    caching: str = ""
    fields: Fields = field(init=False, repr=False, compare=False)
    beside: Fields = field(init=False, repr=False, compare=False)
    body: bytes = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        body = self.document or (msgspec.json.encode({"message": self.message}) if self.message else b"")
        fields = {
            "Content-Type": "application/json" if body else "",
            "Content-Length": str(len(body)) if body else "",
            "WWW-Authenticate": self.challenge,
            "Allow": self.allow,
            "Location": self.location,
            "Cache-Control": self.caching,
        }
        encoded = tuple((name.encode(), value.encode("latin-1")) for name, value in fields.items() if value)
        object.__setattr__(self, "fields", encoded)
        object.__setattr__(self, "beside", encoded[2:] if body else encoded)
        object.__setattr__(self, "body", body)
        # Asked for each response that is refused; denials that are alike in both differ in little else.
        object.__setattr__(self, "_hash", hash((self.reason, self.challenge)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def text_bytes(self) -> int:
        """The memory of what it has for one host: the document, and challenge and location as texts and as fields."""
        return len(self.document) + 2 * (len(self.challenge) + len(self.location))

    def with_challenge(self, challenge: str) -> Denial:
        """The same refusal with a route's own challenge."""
        return replace(self, challenge=challenge)

    def with_document(self, document: bytes) -> Denial:
        """The same answer with this body."""
        return replace(self, document=document, caching=DOCUMENT_CACHING)

    def with_location(self, location: str, caching: str = "") -> Denial:
        """The same refusal with a Location field, which must be one line of ASCII."""
        return replace(self, location=location, caching=caching)


# What has no route, or no single reading.
NO_ROUTE = Denial(DenialReason.NO_ROUTE, 404, "404 Route Not Found")
# RFC 9110, section 15.5.20: the client may ask again on a connection that it opens for this host.
MISDIRECTED = Denial(DenialReason.MISDIRECTED, 421, "Misdirected request", closes=True)
BAD_REQUEST = Denial(DenialReason.BAD_REQUEST, 400, "Bad request", closes=True)
METHOD_NOT_ALLOWED = Denial(
    DenialReason.METHOD_NOT_ALLOWED,
    405,
    "Method not allowed",
    allow="GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    closes=True,
)
URI_TOO_LONG = Denial(DenialReason.URI_TOO_LONG, 414, "Request target too long", closes=True)
HEADERS_TOO_LARGE = Denial(DenialReason.HEADERS_TOO_LARGE, 431, "Request headers too large", closes=True)
BODY_TOO_LARGE = Denial(DenialReason.BODY_TOO_LARGE, 413, "Request body too large")
EXPECTATION_FAILED = Denial(DenialReason.EXPECTATION_FAILED, 417, "Expectation failed", closes=True)
REQUEST_TIMEOUT = Denial(DenialReason.REQUEST_TIMEOUT, 408, "Request timeout", closes=True)

# What has to go when memory is short: a large head that has no end, one that is small and slow, and what would be kept
# for a request that is under way.
OUT_OF_MEMORY_FOR_HEAD = Denial(DenialReason.OUT_OF_MEMORY_HEAD, 431, "Request headers too large", closes=True)
OUT_OF_MEMORY_FOR_SLOW = Denial(DenialReason.OUT_OF_MEMORY_SLOW, 408, "Request timeout", closes=True)
OUT_OF_MEMORY = Denial(DenialReason.OUT_OF_MEMORY, 503, "Service unavailable", closes=True)

# A request without TLS, where TLS is required.
REDIRECTED_TO_HTTPS = Denial(DenialReason.REDIRECTED_TO_HTTPS, 308, "Moved to HTTPS")

# A request that its route sends elsewhere, by this status or another one.
REDIRECTED = Denial(DenialReason.REDIRECTED, 302, "Moved")

# A browser's question, which is answered here. RFC 9110, section 8.6: a 204 has no Content-Length.
CORS_PREFLIGHT = Denial(DenialReason.CORS_PREFLIGHT, 204, "")

# What is published of a Service, which is answered here.
PROTECTED_RESOURCE = Denial(DenialReason.PROTECTED_RESOURCE, 200, "")

# What can't be served now.
NOT_READY = Denial(DenialReason.NOT_READY, 503, "Not ready", closes=True)
TOO_MANY_CONNECTIONS = Denial(DenialReason.TOO_MANY_CONNECTIONS, 503, "Too many connections", closes=True)
ROUTE_REFUSED = Denial(DenialReason.ROUTE_REFUSED, 503, "Service unavailable")
UPSTREAM_UNAVAILABLE = Denial(DenialReason.UPSTREAM_UNAVAILABLE, 503, "Service unavailable")
UPSTREAM_ADDRESS_REFUSED = Denial(DenialReason.UPSTREAM_ADDRESS_REFUSED, 502, "Bad gateway")
UPSTREAM_CONNECT_FAILED = Denial(DenialReason.UPSTREAM_CONNECT_FAILED, 502, "Bad gateway")
UPSTREAM_CERTIFICATE_DATE = Denial(DenialReason.UPSTREAM_CERTIFICATE_DATE, 502, "Bad gateway")
UPSTREAM_CERTIFICATE_NAME = Denial(DenialReason.UPSTREAM_CERTIFICATE_NAME, 502, "Bad gateway")
UPSTREAM_CERTIFICATE_UNTRUSTED = Denial(DenialReason.UPSTREAM_CERTIFICATE_UNTRUSTED, 502, "Bad gateway")
UPSTREAM_TLS_FAILED = Denial(DenialReason.UPSTREAM_TLS_FAILED, 502, "Bad gateway")
UPSTREAM_RESET = Denial(DenialReason.UPSTREAM_RESET, 502, "Bad gateway")
UPSTREAM_BAD_RESPONSE = Denial(DenialReason.UPSTREAM_BAD_RESPONSE, 502, "Bad gateway")
UPSTREAM_TIMEOUT = Denial(DenialReason.UPSTREAM_TIMEOUT, 504, "Gateway timeout")
# By the kind of the failure, as the metrics name it.
UPSTREAM_FAILURES = {
    "address_refused": UPSTREAM_ADDRESS_REFUSED,
    "connect_failed": UPSTREAM_CONNECT_FAILED,
    "connect_timeout": UPSTREAM_TIMEOUT,
    "certificate_date": UPSTREAM_CERTIFICATE_DATE,
    "certificate_name": UPSTREAM_CERTIFICATE_NAME,
    "certificate_untrusted": UPSTREAM_CERTIFICATE_UNTRUSTED,
    "tls_failed": UPSTREAM_TLS_FAILED,
    "stale": UPSTREAM_RESET,
    "reset": UPSTREAM_RESET,
    "bad_response": UPSTREAM_BAD_RESPONSE,
}

# From an address that the route does not take requests from.
CLIENT_NOT_ALLOWED = Denial(DenialReason.CLIENT_NOT_ALLOWED, 403, "Client not allowed")

# One request too many of its client, caller or route.
RATE_LIMITED = Denial(DenialReason.RATE_LIMITED, 429, "Too many requests")

# A request that may not pass. The two 401 bodies and the 403 are one each, whatever the reason.
MISSING_TOKEN = Denial(DenialReason.MISSING_TOKEN, 401, "Missing JWT token in request")
# Of a token whose issuer's keys can't be had, so that it can't be judged.
ISSUER_UNAVAILABLE = Denial(DenialReason.ISSUER_UNAVAILABLE, 503, "Service unavailable")
NOT_ALLOWED = Denial(DenialReason.NOT_ALLOWED, 403, "Consumer not allowed")
INVALID_TOKEN = {
    reason: Denial(reason, 401, "JWT token invalid")
    for reason in (
        DenialReason.REPEATED_TOKEN,
        DenialReason.MALFORMED_TOKEN,
        DenialReason.UNSUPPORTED_CRIT,
        DenialReason.MISSING_KEY_CLAIM,
        DenialReason.UNKNOWN_CREDENTIAL,
        DenialReason.ALGORITHM_MISMATCH,
        DenialReason.UNKNOWN_KID,
        DenialReason.KEY_EXPIRED,
        DenialReason.BAD_SIGNATURE,
        DenialReason.WRONG_TYPE,
        DenialReason.EXPIRED,
        DenialReason.NOT_YET_VALID,
        DenialReason.INVALID_CLAIM,
        DenialReason.LIFETIME_TOO_LONG,
        DenialReason.WRONG_ISSUER,
        DenialReason.WRONG_AUDIENCE,
        DenialReason.MISSING_CLAIM,
        DenialReason.REVOKED,
    )
}
