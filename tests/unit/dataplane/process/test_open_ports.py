"""The ports that workers ask for, opened and closed by their supervisor."""

from __future__ import annotations

import contextlib
import socket

import pytest
import structlog

from postern_dataplane.process.open_ports import OpenPorts


class Sent(list):
    """Keeps what a slot's worker is sent: the ports that were opened and those that were closed."""

    def send(self, opened, closed=()):
        self.append((list(opened), list(closed)))


@pytest.fixture
def ports():
    """Those of two slots."""
    with contextlib.closing(OpenPorts("127.0.0.1", 2)) as opened:
        yield opened


@pytest.fixture
def free():
    """A port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def is_open(port: int) -> bool:
    with contextlib.closing(socket.socket()) as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_each_slot_gets_a_socket_when_it_asks(ports, free):
    """One of its own, so that none listens that no worker reads."""
    first, second = Sent(), Sent()
    ports.want(0, [free], first)
    assert ([([free], [])], is_open(free)) == (first, True)
    ports.want(1, [free], second)
    assert ([([free], [])], {free: ""}) == (second, ports.states)


def test_a_port_is_closed_when_no_slot_asks_for_it(ports, free):
    """Each worker is told, so that it closes its copy."""
    first, second = Sent(), Sent()
    ports.want(0, [free], first)
    ports.want(1, [free], second)
    ports.want(0, [], first)
    assert is_open(free)
    ports.want(1, [], second)
    assert (False, ([], [free]), {}) == (is_open(free), second[-1], ports.states)


def test_a_worker_that_replaces_another_gets_the_same_sockets(ports, free):
    """Without asking, and what waits in their queues is not lost."""
    ports.want(0, [free], Sent())
    again = Sent()
    ports.hand_over(0, again)
    ports.want(0, [free], again)
    assert [([free], [])] == again


def test_a_port_in_use_is_no_hindrance_to_others(ports, free):
    """It is logged once, is a failure as long as it lasts, and is opened when it is free."""
    with socket.create_server(("127.0.0.1", 0)) as other, structlog.testing.capture_logs() as logged:
        taken, sent = other.getsockname()[1], Sent()
        ports.want(0, [taken, free], sent)
        ports.follow(0, sent)
        assert [([free], [])] == sent
        assert f"address already in use: 127.0.0.1:{taken}" == ports.states[taken]
        assert [taken] == [line["port"] for line in logged if line["log_level"] == "error"]
    ports.follow(0, sent)
    assert ({taken: "", free: ""}, ([taken], [])) == (ports.states, sent[-1])


def test_a_failure_is_forgotten_with_its_listener(ports):
    """What nothing asks for is no failure."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports.want(0, [other.getsockname()[1]], Sent())
        ports.want(0, [], Sent())
    assert ({}, {}) == (ports.failures, ports.states)
