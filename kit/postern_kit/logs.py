"""Logs as JSON lines on stderr: an event in plain words, and fields; never what was in a request or a Secret.

The line of each request is another thing: see the data plane's access log.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

log = structlog.get_logger()

NO_LEVELS: Mapping[str, int] = MappingProxyType({})


class Stderr:
    """A stderr whose write errors are ignored, so that a closed pipe never stops a process."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logs(levels: Mapping[str, int] = NO_LEVELS, **bound: Any) -> None:
    """Send our events and those of libraries (warnings and worse) to stderr, each with the `bound` fields.

    `levels` are those of the standard library's loggers by name, where they differ from WARNING.
    """
    structlog.contextvars.bind_contextvars(**bound)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_text,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        # A line is one write, its end included: processes share a stream, and may all have to write at once.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Stderr())),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, _with_fields, *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str),
        ],
    )
    handler = logging.StreamHandler(cast("TextIO", Stderr()))
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def _with_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the fields of `extra={"fields": {...}}`."""
    event.update(getattr(event["_record"], "fields", {}))
    return event


def _without_exception_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and place: its text may quote a request, and so a token."""
    error = event.pop("exc_info", None)
    error = error[1] if isinstance(error, tuple) else sys.exc_info()[1] if error is True else error
    if isinstance(error, BaseException):
        event.update(described(error))
    return event


def described(error: BaseException) -> dict[str, str]:
    """Return what may be logged of an unexpected exception, whose text may quote a secret: its type and its place."""
    if isinstance(error, BaseExceptionGroup):
        return described(error.exceptions[0])
    return {"exception": type(error).__name__, "where": _where(error.__traceback__)}


def _where(trace: TracebackType | None) -> str:
    """The innermost calls, outermost first."""
    frames = traceback.extract_tb(trace)[-4:]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
