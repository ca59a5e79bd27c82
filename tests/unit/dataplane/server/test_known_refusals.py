"""A known refusal leaves its connection idle, and is otherwise like any other response."""

from __future__ import annotations

import pytest

from postern_dataplane.request.correlation import Correlation
from postern_dataplane.server.annotator import Annotator
from postern_dataplane.server.client_protocol import CLOSED, IDLE

REFUSED = b"GET /refused HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
def connection(client):
    """A connection that has had the same refusal until it was remembered."""
    for _ in range(3):
        client.send(REFUSED)
    assert [503] * 3 == client.statuses()
    return client.connection


def test_it_waits_for_the_next_request(port, client, connection):
    """For as long as after any other response, and its reader has seen nothing."""
    before = connection.deadline.at
    port.loop.pass_time(1.0)
    client.send(REFUSED)
    assert ([503], IDLE, True) == (client.statuses(), connection.state, connection.reader.is_clean)
    assert before + 1.0 == connection.deadline.at


def test_it_is_the_last_while_draining(port, client, connection):
    """The response says so, and the connection ends behind it."""
    port.gateway.is_draining = True
    client.send(REFUSED)
    assert (1, True) == (client.take().count(b"\r\nConnection: close\r\n"), client.transport.said_eof)


def test_it_reads_on_where_reading_was_paused(port, client, connection):
    """A reason to read no more goes with the response, as it does with any other."""
    connection.read_gate.pause("backlog")
    port.loop.call(lambda: connection.data_received(REFUSED))
    assert ([503], False) == (client.statuses(), bool(connection.read_gate.reasons))


def test_it_may_be_lost_as_it_is_written(port, client, connection):
    """Nothing is waited for on a connection that its own transport has ended."""
    before = connection.deadline.at
    port.loop.pass_time(1.0)
    connection.write = lambda _: connection.abort()
    client.send(REFUSED)
    assert (CLOSED, before) == (connection.state, connection.deadline.at)


def test_it_has_an_id_of_its_own(port, client, connection):
    """What is told of each request is told of a known refusal, too."""
    port.gateway.annotator = Annotator(Correlation("proxy".__eq__, has_request_ids=True, traces="off"))
    client.send(REFUSED)
    client.send(REFUSED)
    ids = {record.request_id for record in port.observer.records[3:]}
    assert (2, IDLE) == (len(ids - {""}), connection.state)
