"""What is done to each request when its decision is known: an id of its own goes upstream, and more into the log.

None of it is remembered with the head, as it differs from one request to the next.
"""

from __future__ import annotations

import os

from postern_dataplane.decision.outcome import Outcome
from postern_dataplane.request.correlation import Correlation
from postern_dataplane.request.head import RequestHead
from postern_dataplane.telemetry.events import RequestRecord


class Annotator:
    """Completes the head that goes upstream, and the record."""

    def __init__(self, correlation: Correlation | None) -> None:
        self._correlation = correlation

    def annotate(self, head: RequestHead, outcome: Outcome, record: RequestRecord, sent: bytes) -> bytes:
        """Return what goes upstream, b"" for a refusal, with the fields of this one request."""
        identity = outcome.identity
        if identity is not None:
            record.token, record.consumer = identity.token, identity.consumer
        correlation = self._correlation
        if correlation is None:
            return sent
        if correlation.has_traces:
            record.trace_id = correlation.trace_id(head)
        if correlation.has_request_ids:
            # 128 random bits, for what one client sees of them tells nothing of others' ids.
            request_id = correlation.request_id(head) or os.urandom(16).hex().encode()
            record.request_id = request_id.decode()
            if sent:
                sent = b"".join((sent[:-2], b"X-Request-Id: ", request_id, b"\r\n\r\n"))
        return sent
