"""What only a worker does; how it serves is seen in `test_main`."""

from __future__ import annotations

import asyncio
import dataclasses

import structlog

from postern_dataplane.settings import Settings
from postern_dataplane.worker import _limits, _report_exception

LIMITS = {
    "max_connections": 1,
    "header_timeout_s": 2.0,
    "idle_timeout_s": 3.0,
    "max_request_line_bytes": 4,
    "max_header_line_bytes": 5,
    "max_headers_bytes": 6,
    "max_headers": 7,
}


def test_every_limit_reaches_the_gateway():
    """None is left at its default by mistake."""
    limits = dataclasses.asdict(_limits(Settings(config="/", workers=1, **LIMITS)))
    assert LIMITS == {name: limits[name] for name in LIMITS}


def test_what_nobody_caught_is_logged_without_its_text():
    """The loop would show a request's bytes."""
    loop = asyncio.new_event_loop()
    with structlog.testing.capture_logs() as logged:
        _report_exception(loop, {"message": "data_received(b'eyJ')", "exception": ValueError("eyJ")})
        _report_exception(loop, {"message": "data_received(b'eyJ')"})
    loop.close()
    assert ["ValueError", None] == [line.get("exception") for line in logged]
    assert "eyJ" not in str(logged)
