"""The fields by which several programs' logs and traces of one request are put together.

Rules of this file:
1. X-Request-Id is the gateway's own, or that of a trusted proxy: clients that chose it could pass for others.
2. `traceparent` and `tracestate` go on as they came, or not at all: no span is made here, so a parent id of ours would
   name a span that no trace has. W3C Trace Context calls this forwarding, and lets an invalid context go no further.
3. What is read here has an alphabet and a length, as logs will show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .head import RequestHead, only_value

REQUEST_ID = b"x-request-id"
TRACE_FIELDS = frozenset({b"traceparent", b"tracestate"})
NONE: frozenset[bytes] = frozenset()

_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
# W3C Trace Context, section 3.2: version 00 has these four parts, a later one may have more; ff is no version, and
# zeros are no ids.
_TRACEPARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}((?:-[\x21-\x7e]{0,456})?)"
)


class Correlation:
    """What a gateway does about these fields; `traces` says from whom a trace is taken: off, trusted or any."""

    def __init__(self, is_trusted_proxy: Callable[[str], bool], *, has_request_ids: bool, traces: str) -> None:
        self._is_trusted_proxy = is_trusted_proxy
        self.has_request_ids = has_request_ids
        self.has_traces = traces != "off"
        self._asks_for_trust = traces == "trusted"

    def dropped(self, head: RequestHead) -> frozenset[bytes]:
        """The fields that don't go upstream as the client sent them, by their canonical names."""
        names = frozenset({REQUEST_ID}) if self.has_request_ids else NONE
        return names if not self.has_traces or self.trace_id(head) else names | TRACE_FIELDS

    def request_id(self, head: RequestHead) -> bytes | None:
        """The id that a trusted proxy has given the request, None where a new one is needed."""
        if not self._is_trusted_proxy(head.peer):
            return None
        said = only_value(head, REQUEST_ID)
        return said if said is not None and _ID.fullmatch(said) else None

    def trace_id(self, head: RequestHead) -> str:
        """The id of the trace that goes on with this request, "" for none."""
        said = only_value(head, b"traceparent")
        if said is None or (self._asks_for_trust and not self._is_trusted_proxy(head.peer)):
            return ""
        found = _TRACEPARENT.fullmatch(said)
        return "" if found is None or (found[1] == b"00" and found[3]) else found[2].decode()
