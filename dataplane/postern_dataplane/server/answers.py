"""What becomes of a request, as connections act on it and as the decision cache remembers it."""

from __future__ import annotations

from postern_dataplane.decision.outcome import Authorized, Decision, Forward, Reject
from postern_dataplane.http1.request_writer import request_bytes
from postern_dataplane.request.head import RequestHead

# The head that goes upstream, b"" for a refusal; of a route with several backends one for each of its rows, from which
# `Rotations` chooses for each request.
Sent = bytes | tuple[bytes, ...]
# What was decided, and what goes upstream.
Answer = tuple[Authorized | Reject, Sent]


def answer_of(head: RequestHead, decision: Decision) -> Answer:
    """A decision with the bytes of what goes upstream."""
    if not isinstance(decision, Forward):
        return decision, b""
    sent = request_bytes(head, decision.head)
    if decision.further_heads is None:
        return decision.authorized, sent
    return decision.authorized, (sent, *(request_bytes(head, further) for further in decision.further_heads))
