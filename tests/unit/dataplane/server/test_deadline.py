"""The time-out of a client connection, by what is waited for."""

from __future__ import annotations

import pytest

from data_port import BACKEND
from postern_dataplane.server.deadline import NEVER, Deadline, Soonest
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
    deadline = Deadline(Limits(header_timeout_s=10.0, idle_timeout_s=60.0), Soonest())
    deadline.linger(1.0, 0.0)
    getattr(deadline, name)(*arguments)
    assert at == deadline.at


@pytest.mark.parametrize(
    ("rate", "since", "size_bytes", "at"),
    [(100, 90.0, 500, 115.0), (100, 90.0, 5_000, 120.0), (0, 90.0, 0, 120.0), (100, None, 0, 120.0)],
    ids=["too little", "enough", "no rate", "not measured"],
)
def test_a_body_has_an_idle_time_and_its_bytes_at_a_rate(rate, since, size_bytes, at):
    """Never longer than until the next bytes have to come."""
    deadline = Deadline(Limits(min_body_rate=rate), Soonest())
    deadline.wait_for_body(BACKEND, 100.0, began_at=80.0, since=since, size_bytes=size_bytes)
    assert at == deadline.at


@pytest.mark.parametrize(("timeout_s", "at"), [(0.0, 120.0), (30.0, 110.0), (90.0, 120.0)])
def test_a_whole_request_has_its_time(timeout_s, at):
    """From its first byte on, however fast its body comes."""
    deadline = Deadline(Limits(upload_timeout_s=timeout_s), Soonest())
    deadline.wait_for_body(BACKEND, 100.0, began_at=80.0, since=90.0, size_bytes=1_000_000)
    assert at == deadline.at


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("wait_for_head", (100.0,)),
        ("wait_for_request", (100.0,)),
        ("wait_for_client", (100.0,)),
        ("wait_for_response", (BACKEND, 100.0)),
        ("wait_for_bytes", (BACKEND, 100.0)),
        ("linger", (2.0, 100.0)),
        ("elapse", (100.0,)),
    ],
)
def test_no_time_out_is_over_before_the_soonest(name, arguments):
    """Each method may set the first of a worker's time-outs, and none puts it off: another one may be due then."""
    soonest = Soonest()
    deadline = Deadline(Limits(), soonest)
    getattr(deadline, name)(*arguments)
    assert soonest.at == deadline.at
    soonest.at = 50.0
    getattr(deadline, name)(*arguments)
    assert 50.0 == soonest.at


def test_the_rate_of_a_body_may_set_the_soonest():
    """A body's time-out is the first of several."""
    soonest = Soonest()
    deadline = Deadline(Limits(min_body_rate=100, upload_timeout_s=30.0), soonest)
    deadline.wait_for_body(BACKEND, 100.0, began_at=80.0, since=90.0, size_bytes=500)
    assert (110.0, 110.0) == (deadline.at, soonest.at)
