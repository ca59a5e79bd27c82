"""Redirects a client that came without TLS to the same host and target over HTTPS.

No token is needed for this: the answer holds nothing but what the client has sent itself.
"""

from __future__ import annotations

from postern_dataplane.request.denials import BAD_REQUEST, REDIRECTED_TO_HTTPS, Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target, read_target

from .decide import host_field

HTTPS_PORT = 443


def redirect_to_https(head: RequestHead, port: int) -> Denial:
    """The redirect to `port`, or the refusal of what has no single reading."""
    host, is_repeated = host_field(head)
    target = BAD_REQUEST if is_repeated else read_target(head, host)
    if isinstance(target, Denial):
        return target
    if not target.host:
        return BAD_REQUEST
    authority = target.host if port == HTTPS_PORT else f"{target.host}:{port}"
    return REDIRECTED_TO_HTTPS.with_location(f"https://{authority}{_as_it_came(head.target, target)}")


def _as_it_came(text: str, target: Target) -> str:
    """Path and query, byte for byte, but for bytes outside ASCII: RFC 3986 has them in escapes only."""
    if not text.startswith("/"):
        rest = text.partition("://")[2].removeprefix(target.authority)
        text = rest if rest.startswith("/") else f"/{rest}"
    if text.isascii():
        return text
    return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))
