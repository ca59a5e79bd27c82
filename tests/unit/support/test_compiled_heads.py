"""Whether heads are read by compiled code is asked of what is in use, not of what is installed."""

from __future__ import annotations

import os
import subprocess
import sys

import compiled_heads
from postern_dataplane.http1 import request_reader, response_writer


def test_what_is_interpreted_is_named():
    """The program fails where the compiled code is left out, and names both functions."""
    environment = {**os.environ, "POSTERN_NO_SPEEDUPS": "1"}
    command = [sys.executable, compiled_heads.__file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (1, "read_plain_head, read_response: not compiled") == (done.returncode, done.stderr.partition(";")[0])


def test_one_of_them_is_not_enough(monkeypatch):
    """A function in Python is named though the other is compiled."""
    kind = type("Heads", (), {"__module__": "postern_speedups.heads", "read": lambda self: None})
    monkeypatch.setattr(request_reader, "read_plain_head", kind().read)
    monkeypatch.setattr(response_writer, "read_response", lambda: None)
    assert ["read_response"] == compiled_heads.interpreted()
