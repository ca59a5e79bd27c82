"""A request as the access log is handed it."""

from __future__ import annotations

from typing import Any

from postern_dataplane.telemetry.events import RequestRecord

FIELDS: dict[str, Any] = {
    "method": "GET",
    "host": "app.example:8443",
    "path": "/v1/json",
    "peer": "192.0.2.1",
    "route": "demo/json",
    "status": 200,
    "reason": "",
    "consumer": "oiloil",
    "duration_s": 0.0123456,
    "upstream_latency_s": 0.01,
    "bytes_in": 1,
    "bytes_out": 2,
    "upstream": "10.0.0.7:8080",
}


def record(**changes: Any) -> RequestRecord:
    """A request that passed, but for these changes."""
    return RequestRecord(**{**FIELDS, **changes})
