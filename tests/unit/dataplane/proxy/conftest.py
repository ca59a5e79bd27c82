"""Fixtures for a data port without sockets: see `data_port`."""

from __future__ import annotations

import pytest

from data_port import Loop, Port, Transport


@pytest.fixture
def loop():
    """A loop in a test's hands; what nobody has caught fails the test."""
    made = Loop()
    yield made
    assert [] == made.unhandled
    made.close()


@pytest.fixture
def make_port(loop):
    """Makes gateways, and closes them."""
    made = []

    def make(**settings):
        made.append(Port(loop, **settings))
        return made[-1]

    yield make
    for port in made:
        loop.run_until_complete(port.gateway.close())
    loop.settle()


@pytest.fixture
def port(make_port):
    """A gateway with one address behind it."""
    return make_port()


@pytest.fixture
def client(port):
    """A client of it."""
    return port.client()


@pytest.fixture
def transport_of(loop):
    """Connects a protocol to a transport of its own."""

    def connect(protocol):
        transport = Transport(protocol, loop)
        loop.call(protocol.connection_made, transport)
        return transport

    return connect
