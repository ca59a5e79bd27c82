"""Connections that are over are freed at once, without a search for cycles: the collector sets survivors aside."""

from __future__ import annotations

import gc

import pytest

from data_port import LISTENER
from postern_dataplane.server.client_connection import ClientConnection
from postern_dataplane.server.tls_transport import TlsClientConnection
from postern_dataplane.upstream.connection import UpstreamConnection

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SWITCH = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
WEBSOCKET = b"GET /ws HTTP/1.1\r\nHost: example.com\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def idle(port, client):
    """A client that has sent nothing."""


def part_of_a_head(port, client):
    """A client that leaves within a head."""
    client.send(b"GET / HTTP/1.1\r\nHo")


def waiting(port, client):
    """A client that leaves before its response."""
    client.get()


def answered(port, client):
    """A client that has its response."""
    client.get()
    port.answer(ANSWER)


def part_of_a_body(port, client):
    """A client that leaves within a response."""
    client.get()
    port.answer(ANSWER[:-1])


def tunnel(port, client):
    """A client that speaks another protocol."""
    client.send(WEBSOCKET)
    port.answer(SWITCH)


@pytest.fixture
def left():
    """The connections that are there besides those before, while the collector does nothing."""
    gc.collect()
    gc.disable()
    kinds = (ClientConnection, UpstreamConnection)
    before = {id(it) for it in gc.get_objects() if isinstance(it, kinds)}
    yield lambda: [it for it in gc.get_objects() if isinstance(it, kinds) and id(it) not in before]
    gc.enable()


@pytest.mark.parametrize("begin", [idle, part_of_a_head, waiting, answered, part_of_a_body, tunnel])
def test_a_connection_that_is_over_is_freed_at_once(begin, port, left):
    """Both connections of a request are gone with their sockets, wherever in it the client leaves."""
    client = port.client()
    begin(port, client)
    transports = [client.transport, *(it.transport for it in port.loop.dialled)]
    assert len(transports) == len(left())
    for transport in transports:
        port.loop.call(transport.abort)
        transport.protocol = None  # as an event loop does
    port.loop.dialled.clear()
    del client
    assert [] == left()


def test_a_client_whose_handshake_failed_was_never_connected(port):
    """The event loop says of such a client that it is lost, and nothing is counted, logged or raised."""
    client = TlsClientConnection(port.gateway, LISTENER)
    client.connection_lost(None)
    assert (0, []) == (port.observer.open, port.loop.unhandled)
