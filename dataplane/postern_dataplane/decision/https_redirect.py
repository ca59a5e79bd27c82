"""Redirects a client that came without TLS to the same host and target over HTTPS.

No token is needed for this: the answer holds nothing but what the client has sent itself.
"""

from __future__ import annotations

from postern_dataplane.request.denials import BAD_REQUEST, Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import read_target

from .decide import host_field
from .https_location import to_https


def redirect_to_https(head: RequestHead, port: int) -> Denial:
    """The redirect to `port`, or the refusal of what has no single reading."""
    host, is_repeated = host_field(head)
    target = BAD_REQUEST if is_repeated else read_target(head, host)
    return target if isinstance(target, Denial) else to_https(head, target, port)
