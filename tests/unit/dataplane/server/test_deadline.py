"""The time-out of a client connection, by what is waited for."""

from __future__ import annotations

import pytest

from data_port import BACKEND
from postern_dataplane.server.deadline import NEVER, Deadline
from postern_dataplane.settings import Limits


@pytest.mark.parametrize(
    ("name", "arguments", "at"),
    [
        ("wait_for_head", (100.0,), 110.0),
        ("wait_for_request", (100.0,), 160.0),
        ("wait_for_client", (100.0,), 160.0),
        ("wait_for_response", (BACKEND, 100.0), 130.0),
        ("wait_for_bytes", (BACKEND, 100.0), 120.0),
        ("linger", (2.0, 100.0), 102.0),
        ("elapse", (100.0,), 100.0),
        ("clear", (), NEVER),
    ],
)
def test_each_time_out_replaces_the_one_before(name, arguments, at):
    """Of a connection only the last one that was set is due."""
    deadline = Deadline(Limits(header_timeout_s=10.0, idle_timeout_s=60.0))
    deadline.linger(1.0, 0.0)
    getattr(deadline, name)(*arguments)
    assert at == deadline.at
