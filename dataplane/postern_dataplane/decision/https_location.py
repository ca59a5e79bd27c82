"""Where a request is sent that is to come again over HTTPS: to the same host and target."""

from __future__ import annotations

import re

from postern_dataplane.request.denials import BAD_REQUEST, REDIRECTED_TO_HTTPS, Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target, ascii_only

HTTPS_PORT = 443
# RFC 8555, section 8.3: tokens are in base64url. What is not written so goes to HTTPS, as no authority asks for it.
_CHALLENGE = re.compile(r"/\.well-known/acme-challenge/[A-Za-z0-9_-]+")


def is_acme_challenge(head: RequestHead) -> bool:
    """Whether a certificate authority asks for the proof of who has the host, which comes before any certificate.

    It is served where it came in, as ingress-nginx does it: over HTTPS there may be no certificate to shake hands with.
    """
    return _CHALLENGE.fullmatch(head.target) is not None


def redirect_of_listener(head: RequestHead, target: Target) -> Denial | None:
    """The redirect that the listener of a request makes of it, None where it makes none."""
    listener = None if head.port is None else head.port.listener_of(target.host)
    if listener is None or listener.redirect_port is None or is_acme_challenge(head):
        return None
    return to_https(head, target, listener.redirect_port)


def to_https(head: RequestHead, target: Target, port: int) -> Denial:
    """The redirect to `port`, or the refusal of what names no host."""
    if not target.host:
        return BAD_REQUEST
    authority = target.host if port == HTTPS_PORT else f"{target.host}:{port}"
    return REDIRECTED_TO_HTTPS.with_location(f"https://{authority}{_as_it_came(head.target, target)}")


def _as_it_came(text: str, target: Target) -> str:
    """Path and query, byte for byte, but for bytes outside ASCII."""
    if not text.startswith("/"):
        rest = text.partition("://")[2].removeprefix(target.authority)
        text = rest if rest.startswith("/") else f"/{rest}"
    return ascii_only(text)
