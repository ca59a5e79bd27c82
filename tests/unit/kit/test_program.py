"""How a program runs to its end."""

from __future__ import annotations

import json

import pytest

from postern_kit.logs import configure_logs
from postern_kit.program import run_to_end


async def ends(error=None):
    if error is not None:
        raise error


@pytest.mark.parametrize(
    ("error", "status", "event"),
    [
        (None, 0, ""),
        (LookupError("in words"), 1, "in words"),
        (ValueError("hunter2"), 1, "sidecar failed"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_end_is_a_status_and_a_line(error, status, event, capsys, fresh_logs):
    """An expected error is logged in its own words, an unexpected one by its type and place alone."""
    configure_logs()
    assert status == run_to_end("sidecar", ends(error), LookupError)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [event] * bool(event) == [line["event"] for line in lines]
    assert "hunter2" not in str(lines)
