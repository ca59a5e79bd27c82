"""The operator's log: JSON lines, and nothing of what an exception quotes."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from postern_operator.cluster.logs import JSONFormatter, described


def line(message="it has happened", **extra):
    record = logging.LogRecord("postern.x", logging.INFO, __file__, 1, message, (), None)
    vars(record).update(extra)
    return json.loads(JSONFormatter().format(record))


def test_a_record_is_a_line():
    """With its time in UTC, its level, and fields."""
    said = line(fields={"gateway": "default"})
    assert ("info", "postern.x", "it has happened", "default") == (
        said["level"], said["logger"], said["event"], said["gateway"]
    )  # fmt: skip
    assert said["timestamp"].endswith("Z")


def test_an_exception_is_told_without_its_text():
    """Its text may hold a secret."""
    try:
        raise ValueError("hunter2")
    except ValueError:
        said = line(exc_info=sys.exc_info())
    assert "ValueError" == said["exception"]
    assert "test_logs.py" in said["where"]
    assert "hunter2" not in json.dumps(said)


def test_a_group_is_told_by_its_first():
    """The others follow from it mostly."""
    with pytest.raises(ExceptionGroup) as caught:
        raise ExceptionGroup("many", [KeyError("a"), ValueError("b")])
    assert "KeyError" == described(caught.value)["exception"]
