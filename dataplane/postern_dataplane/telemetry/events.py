"""The events of the data plane, for its counters and its access log."""

from __future__ import annotations

from typing import Protocol

import msgspec

from postern_dataplane.request.denials import DenialReason
from postern_dataplane.request.logged_token import LoggedToken

from .definitions import Metric

# Why an exchange ended that was not refused. The first is a client's doing: as elsewhere, its status is 499 when
# nothing had been answered yet.
CLIENT_CLOSED = "client_closed"
CLIENT_CLOSED_STATUS = 499
IDLE_TIMEOUT = "idle_timeout"
# Reasons of what is refused to no one.
_HARMLESS = frozenset(
    {
        "",
        CLIENT_CLOSED,
        DenialReason.CORS_PREFLIGHT,
        DenialReason.PROTECTED_RESOURCE,
        DenialReason.REDIRECTED,
        DenialReason.REDIRECTED_TO_HTTPS,
    }
)


class RequestRecord(msgspec.Struct, gc=False):
    """One request that has ended.

    `route` is a route's label, "" where none was found; `reason` is why the
    request was refused or cut short, "" for neither.  `path` is without the
    query, which may hold a token.  `upstream` is the address it went to, and
    `upstream_latency_s` the time from there to the head of the response.
    Bytes are those of bodies.  `request_id` and `trace_id` are "" where they are not looked at; `token`
    is what is logged of a good token, None for no token or no log.
    """

    method: str
    host: str
    path: str
    peer: str
    route: str = ""
    consumer: str = ""
    status: int = 0
    reason: str = ""
    duration_s: float = 0.0
    upstream: str = ""
    upstream_latency_s: float | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    request_id: str = ""
    trace_id: str = ""
    token: LoggedToken | None = None


def is_refusal(record: RequestRecord) -> bool:
    """Whether the gateway refused the request, or cut its answer short."""
    return record.reason not in _HARMLESS


def path_of(target: str) -> str:
    """The path of a request target and nothing else: a query may hold a token, an authority a password."""
    path = target.partition("?")[0].partition("#")[0]
    if path.startswith("/"):
        return path
    return "/" + path.partition("://")[2].partition("/")[2]


class Observer(Protocol):
    """Called on the hot path: what is done here is done per request."""

    def request_done(self, record: RequestRecord) -> None:
        """A request has ended, however it ended."""

    def connection_opened(self) -> None:
        """A client has connected."""

    def connection_closed(self) -> None:
        """A client's connection is gone."""

    def count(self, metric: Metric, *labels: str | int) -> None:
        """One more for a counter of `definitions`; a label is one of a few words, or the id of an object."""
