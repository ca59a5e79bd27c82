"""Idle connections are such that have had an answer and are still open."""

from __future__ import annotations

import socket

import pytest
from bench.idle import Idle, Round, held, is_open, report_page
from bench.paced import Shot
from bench.results import Report
from bench.wrk import Load


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_what_the_gateway_closes_is_not_open(listening):
    """Without waiting for it; bytes that were not asked for are no good sign either."""
    client = socket.create_connection(listening.getsockname(), timeout=10)
    accepted, _ = listening.accept()
    with client, accepted:
        assert is_open(client)
        accepted.close()
        client.setblocking(True)
        client.recv(0)
        client.settimeout(5)
        assert b"" == client.recv(1)
        assert not is_open(client)


def test_a_wrong_answer_is_no_idle_connection(listening):
    """What is measured then would be something else."""
    listening.close()
    with pytest.raises(ConnectionRefusedError), held(listening_port(), [Shot(b"", b"200", 1)], 1):
        pass


def listening_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_costs_are_of_each_connection_and_beside_none():
    """Memory is that of the first round, when nothing has been freed yet; the ratio is of rounds."""
    load = Load(1, 1.0, 1.0, 2.0, 3.0, 0)
    idles = {
        ("Postern", 0): Idle("Postern", 0, [Round(0, 0, 1.0, 50.0, 0, load), Round(0, 0, 3.0, 100.0, 0, load)]),
        ("Postern", 10): Idle(
            "Postern", 10, [Round(40_960, 51_200, 5.0, 60.0, 1, load), Round(0, 0, 7.0, 110.0, 0, load)]
        ),
    }
    last = report_page(Report("now", 1, {}), idles).splitlines()[-1]
    assert "| Postern | 10 | 4.0 | 5.0 | 6.0 | 85.0 (60.0 - 110) | 1.15 | 2.00 | 1 | 0 |" == last
