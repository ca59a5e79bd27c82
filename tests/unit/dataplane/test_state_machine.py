"""The machines of connections and exchanges: their tables, and what a move does that they forbid."""

from __future__ import annotations

import pytest

from postern_dataplane.errors import StateError
from postern_dataplane.server import client_protocol, request_forwarder
from postern_dataplane.server.request_forwarder import DONE
from postern_dataplane.state_machine import State
from postern_dataplane.upstream import connection as upstream
from postern_dataplane.upstream.connection import UpstreamConnection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
TABLES = [client_protocol.MOVES, request_forwarder.MOVES, upstream.MOVES]


@pytest.mark.parametrize("moves", TABLES, ids=lambda moves: type(next(iter(moves))).__name__)
def test_a_table_has_each_state_and_reaches_it(moves):
    """The first state is where a machine begins, and the last where each one ends."""
    states = list(type(next(iter(moves))))
    assert states == list(moves)
    reached = {states[0]}
    for _ in states:
        reached |= {to for state in reached for to in moves[state]}
    assert set(states) == reached
    assert set() == moves[states[-1]] - {states[-1]}


def test_a_state_is_found_by_identity():
    """The hash of an enumeration is a Python function, which would be called at each move."""
    assert object.__hash__ is State.__hash__


class Handler:
    """Begins another request when a response arrives, which no handler may."""

    method = "GET"

    def __init__(self, connection):
        self.connection = connection

    def response_arrived(self, *_response):
        self.connection.begin(self, b"")


def test_a_connection_that_waits_for_a_response_carries_no_second_request(transport_of):
    """It is aborted, so that no response can be taken for another's."""
    connection = UpstreamConnection("10.0.0.1:80")
    transport = transport_of(connection)
    connection.begin(Handler(connection), b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(StateError, match="UpstreamConnection can't move from WAITING to WAITING"):
        connection.begin(Handler(connection), b"GET / HTTP/1.1\r\n\r\n")
    assert (upstream.CLOSED, "abort") == (connection.state, transport.end)


def test_a_forbidden_move_within_a_callback_of_the_parser_is_no_bad_response(transport_of):
    """The parser wraps what its callbacks raise; a fault of the gateway must not count as the application's."""
    connection = UpstreamConnection("10.0.0.1:80")
    transport = transport_of(connection)
    connection.begin(Handler(connection), b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(StateError):
        connection.data_received(OK)
    assert "abort" == transport.end


def test_an_exchange_that_is_over_begins_nothing(port, client):
    """Its client and its upstream connection are aborted, so that no response can reach another request."""
    client.get()
    exchange, upstream_connection = client.connection.exchange, port.upstream
    exchange.state = DONE
    with pytest.raises(StateError, match="Exchange can't move from DONE to DOWNLOADING"):
        port.answer(OK)
    assert ("abort", "abort", b"") == (client.transport.end, upstream_connection.transport.end, client.take())


def test_a_connection_that_lingers_begins_no_request(port, client):
    """It is aborted, and the fault is raised."""
    client.send(b"nonsense\r\n\r\n")
    connection = client.connection
    with pytest.raises(StateError, match="MeteredConnection can't move from LINGERING to QUEUED"):
        port.loop.call(connection._queue)
    assert (client_protocol.CLOSED, "abort") == (connection.state, client.transport.end)
