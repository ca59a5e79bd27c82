"""Log lines, and that an exception's text is in none."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
import structlog

from postern_kit.logs import Stderr, configure_logs, described


@pytest.fixture
def logged(capsys, fresh_logs):
    """What was logged, after logging was set up as a process does it."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_a_line_with_its_fields(logged):
    """A log event is a line with its fields and those of the process."""
    configure_logs(worker=7)
    structlog.get_logger().warning("it rains", since="noon")
    (line,) = logged()
    line.pop("timestamp")
    assert {"event": "it rains", "level": "warning", "since": "noon", "worker": 7} == line


def test_a_line_is_one_write(logged, monkeypatch):
    """Workers share the stream, and the end of one line must not come after the beginning of another's."""
    writes = []
    monkeypatch.setattr(Stderr, "write", lambda _self, text: writes.append(text))
    configure_logs()
    structlog.get_logger().warning("it rains")
    assert (1, True) == (len(writes), writes[0].endswith("}\n"))


def test_a_library_s_warning_is_a_line_too(logged):
    """With where it comes from in the same form."""
    configure_logs()
    logging.getLogger("aiohttp").warning("%s rains", "it")
    (line,) = logged()
    assert ("it rains", "warning") == (line["event"], line["level"])


def test_a_record_of_the_standard_library_has_fields(logged):
    """`extra={"fields": ...}` adds fields, and the logger's name and a level of its own are kept."""
    configure_logs({"postern.x": logging.INFO})
    logging.getLogger("postern.x").info("published", extra={"fields": {"gateway": "default"}})
    (line,) = logged()
    assert ("postern.x", "published", "info", "default") == (
        line["logger"], line["event"], line["level"], line["gateway"]
    )  # fmt: skip
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("log", [logging.getLogger("x").exception, lambda text: structlog.get_logger().exception(text)])
def test_an_exception_is_its_type_and_place_only(logged, log):
    """Its text may quote a token."""
    configure_logs()
    try:
        raise ValueError("eyJ.secret.token")
    except ValueError:
        log("failed")
    (line,) = logged()
    assert ("ValueError", False) == (line["exception"], "secret" in str(line))
    assert line["where"].startswith("test_logs.py:")


def test_a_group_is_described_by_its_first():
    """What a TaskGroup raises says nothing itself."""
    assert "KeyError" == described(ExceptionGroup("group", [KeyError("x"), OSError()]))["exception"]


def test_an_exception_without_a_place_has_none():
    """It was never raised."""
    assert {"exception": "CancelledError", "where": ""} == described(asyncio.CancelledError())


def test_a_log_that_nobody_reads_breaks_nothing(monkeypatch, logged):
    """Its reader may have been killed, and a process must still be able to end well."""

    class Broken:
        def write(self, _text):
            raise BrokenPipeError

        def flush(self):
            raise BrokenPipeError

    configure_logs()
    monkeypatch.setattr("sys.stderr", Broken())
    structlog.get_logger().info("draining")
