"""Logs as JSON lines on stderr: an event in plain words, and fields.

By the standard library alone, because kopf and the API client log with it too.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

# What a library has to say below these levels is about its own inner life, once an object.
LEVELS = {
    "kopf": logging.WARNING,
    # It warns that signals are not for it, which is meant so.
    "kopf._core.reactor.running": logging.ERROR,
    "kubernetes": logging.WARNING,
    # It tells of every look at a lease that failed, each second, with a traceback.
    "kubernetes.aio.leaderelection": logging.CRITICAL,
    "aiohttp": logging.WARNING,
    "postern": logging.INFO,
}


class JSONFormatter(logging.Formatter):
    """One record, one line; `extra={"fields": {...}}` adds fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= described(record.exc_info[1])
        return json.dumps(line, default=str)


def configure_logs() -> None:
    """Send our events, and libraries' warnings, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)


def described(error: BaseException) -> dict[str, str]:
    """What may be said of an unexpected exception, whose text may quote a secret: which, and where."""
    if isinstance(error, BaseExceptionGroup):
        return described(error.exceptions[0])
    return {"exception": type(error).__name__, "where": _where(error.__traceback__)}


def _where(trace: TracebackType | None) -> str:
    """The innermost calls, outermost first."""
    frames = traceback.extract_tb(trace)[-4:]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
