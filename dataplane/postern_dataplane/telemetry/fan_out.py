"""Lets the counters and the access log both see every request."""

from __future__ import annotations

from .access_log import AccessLog
from .counters import Counters
from .events import RequestRecord


class FanOutObserver:
    """An observer of the proxy in front of two."""

    def __init__(self, counters: Counters, access_log: AccessLog) -> None:
        self._counters = counters
        self._access_log = access_log
        # The log has no interest in these.
        self.connection_opened = counters.connection_opened
        self.connection_closed = counters.connection_closed
        self.count = counters.count

    def request_done(self, record: RequestRecord) -> None:
        self._counters.request_done(record)
        self._access_log.request_done(record)
