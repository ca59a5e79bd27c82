"""Header names that belong to the gateway or to HTTP itself, and how names are compared.

A server behind us may read `X_Consumer_Username` or `X!Consumer!Username` as
`X-Consumer-Username` (CGI does, and some make an underscore of every sign), so
names are compared in one canonical form.
"""

from __future__ import annotations

import re

IDENTITY = frozenset(
    {
        "x-consumer-username",
        "x-consumer-custom-id",
        "x-consumer-groups",
        "x-credential-identifier",
        "x-anonymous-consumer",
    }
)
# RFC 9110, section 7.6.1: fields that concern one connection only; and those that frame a message.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
FRAMING = frozenset({"content-length", "transfer-encoding", "host", "expect"})
FORWARDED = frozenset(
    {
        "forwarded",
        "x-real-ip",
        "x-forwarded-client-cert",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-proto",
    }
)
# What a copy of a request says of itself; all that a copy leads to is one too, so this goes on wherever it leads.
COPY = "x-postern-copy"
# What no policy may name as a header of its own.
RESERVED = IDENTITY | HOP_BY_HOP | FRAMING | FORWARDED | {"authorization", "cookie", "x-request-id", COPY}

# What no filter may change: who calls and for whom, how messages are framed, by which id they are put together.
BEYOND_REQUEST_FILTERS = RESERVED - {"authorization", "cookie"}
# RFC 6455, section 11.3: a handshake's answers are the upgrade itself.
BEYOND_RESPONSE_FILTERS = HOP_BY_HOP | {
    "content-length",
    "date",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
}


def is_beyond_request_filters(name: str) -> bool:
    """Whether a filter of requests may not name this header, in any spelling."""
    compared = canonical(name)
    return compared in BEYOND_REQUEST_FILTERS or compared.startswith("x-forwarded-")


def is_beyond_response_filters(name: str) -> bool:
    """Whether a filter of responses may not name this header, in any spelling."""
    return canonical(name) in BEYOND_RESPONSE_FILTERS


def canonical(name: str) -> str:
    """The form in which names are compared: lower case, and `-` for all that is neither letter nor digit."""
    return _SIGN.sub("-", name.lower())


_SIGN = re.compile(r"[^a-z0-9]")
