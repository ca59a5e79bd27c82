"""A line of the access log: what it says of a request, and the names that a format has for it.

Texts of clients are cut and escaped here.  How lines get out belongs in `access_log`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

import msgspec

from postern_dataplane.request.logged_token import LoggedToken

from .events import RequestRecord, is_refusal

# POSIX, write(): "Write requests of {PIPE_BUF} bytes or less shall not be interleaved with data from other processes
# doing writes on the same pipe."  The workers share one stdout.
WRITE_BYTES_MAX = 4096
# What a client wrote is cut to the first of these with which its line fits into one write.
FIELD_CHARS_MAX = (512, 128, 32, 8)

# What a line says, and its name in each format, "" where it has none.  ECS is 8.11, OpenTelemetry the semantic
# conventions 1.27; what they have no name for is below `postern`.
FORMATS = ("postern", "ecs", "otel")
NAMES = {
    "time": ("time", "@timestamp", "timestamp"),
    "method": ("method", "http.request.method", "http.request.method"),
    "host": ("host", "url.domain", "server.address"),
    "path": ("path", "url.path", "url.path"),
    "route": ("route", "postern.route", "postern.route"),
    "consumer": ("consumer", "user.name", "user.name"),
    "status": ("status", "http.response.status_code", "http.response.status_code"),
    "reason": ("reason", "event.reason", "postern.reason"),
    "duration": ("duration_ms", "event.duration", "http.server.request.duration"),
    "upstream": ("upstream", "postern.upstream.address", "postern.upstream.address"),
    "upstream_duration": ("upstream_ms", "postern.upstream.duration", "postern.upstream.duration"),
    "bytes_in": ("bytes_in", "http.request.body.bytes", "http.request.body.size"),
    "bytes_out": ("bytes_out", "http.response.body.bytes", "http.response.body.size"),
    "peer": ("peer", "source.ip", "network.peer.address"),
    "request_id": ("request_id", "http.request.id", "postern.request.id"),
    "trace_id": ("trace_id", "trace.id", "trace_id"),
    "credential": ("credential", "postern.credential", "postern.credential"),
    "issuer": ("issuer", "postern.issuer", "postern.issuer"),
    "claims": ("claims", "postern.claims", "postern.claims"),
    "outcome": ("", "event.outcome", ""),
}
# The last ones, which are left out where they are empty in Postern's own format too.
_OPTIONAL = {"request_id", "trace_id", "credential", "issuer", "claims", "outcome"}
# What each line of a format says.
_CONSTANTS = {
    "postern": {},
    "ecs": {"ecs.version": "8.11.0", "event.kind": "event", "event.category": ["web"], "event.type": ["access"]},
    "otel": {},
}
# How a format counts time: in milliseconds, nanoseconds, and seconds.
_PER_SECOND = {"postern": 1_000, "ecs": 1_000_000_000, "otel": 1}
_DIGITS = {"postern": 3, "ecs": None, "otel": 6}

_PORT = re.compile(r":[0-9]*\Z")


class LogFormat:
    """Writes lines with the names of one format."""

    def __init__(self, name: str) -> None:
        self._is_own = name == "postern"
        self._has_outcome = name == "ecs"
        self._per_second, self._digits = _PER_SECOND[name], _DIGITS[name]
        self._line = _line_type(name)
        constants = msgspec.json.encode(_CONSTANTS[name])[:-1]
        self._start = constants + b"," if _CONSTANTS[name] else constants

    def encoded(self, record: RequestRecord, now_s: float) -> bytes:
        """The line of a request that ended at `now_s`, and of so few bytes that they are written at once.

        Between two parts of it another worker's line could come, of which one part would be a client's.
        """
        line = b""
        for chars_max in FIELD_CHARS_MAX:
            line = b"".join((self._start, _encode(self._line(*self._values(record, now_s, chars_max)))[1:], b"\n"))
            if len(line) <= WRITE_BYTES_MAX:
                break
        return line

    def _values(self, record: RequestRecord, now_s: float, chars_max: int) -> Iterable[Any]:
        """In the order of `NAMES`."""
        token = record.token
        host = record.host if self._is_own else _PORT.sub("", record.host)
        return (
            _rfc3339(now_s),
            _printable(record.method, chars_max),
            _printable(host, chars_max),
            _printable(record.path, chars_max),
            record.route,
            _printable(record.consumer, chars_max),
            record.status,
            record.reason,
            self._duration(record.duration_s),
            record.upstream,
            None if record.upstream_latency_s is None else self._duration(record.upstream_latency_s),
            record.bytes_in,
            record.bytes_out,
            record.peer,
            record.request_id,
            record.trace_id,
            *(("", "", None) if token is None else _token_values(token, chars_max)),
            self._outcome(record) if self._has_outcome else "",
        )

    def _outcome(self, record: RequestRecord) -> str:
        return "failure" if is_refusal(record) or record.status >= 400 else "success"

    def _duration(self, value_s: float) -> float:
        return round(value_s * self._per_second, self._digits)


def _line_type(name: str) -> type[msgspec.Struct]:
    """The fields by the names of a format; those that it has no name for are never set."""
    column = FORMATS.index(name)
    names = {field: columns[column] or field for field, columns in NAMES.items()}
    is_own = name == "postern"
    fields: list[Any] = [(it, Any) if is_own and it not in _OPTIONAL else (it, Any, _EMPTY.get(it, "")) for it in NAMES]
    return msgspec.defstruct("Line", fields, rename=names, omit_defaults=True, frozen=True, gc=False)


# What counts as empty; a time, a status and a duration never are.
_EMPTY = dict.fromkeys(("time", "status", "duration", "upstream_duration", "claims"))
_encode = msgspec.json.Encoder().encode


def _rfc3339(now_s: float) -> str:
    moment = time.gmtime(now_s)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}.{int(now_s % 1 * 1000):03d}Z"


def _token_values(token: LoggedToken, chars_max: int) -> tuple[str, str, dict[str, str] | None]:
    claims = {name: _printable(value, chars_max) for name, value in token.claims.items()}
    return token.credential, _printable(token.issuer, chars_max), claims or None


def _printable(text: str, chars_max: int) -> str:
    """A client's text, cut to a bounded length and without what a terminal would obey."""
    text = text[:chars_max]
    if text.isascii() and text.isprintable():
        return text
    return text.encode("unicode_escape").decode("ascii")
