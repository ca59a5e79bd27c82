"""What the connections of a worker share: how many there may be, their time, and their end."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.server.gateway import REFUSED_MAX

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def test_connections_are_counted(port):
    """In and out, once each."""
    clients = [port.client() for _ in range(3)]
    assert 3 == port.observer.open
    for client in clients:
        client.leave()
        port.gateway.forget(client.connection)
    assert 0 == port.observer.open


def test_one_connection_too_many_is_told_so(make_port):
    """Those that are there go on."""
    port = make_port(max_connections=1)
    first, second = port.client(), port.client()
    assert ([503], True) == (second.statuses(), second.transport.said_eof)
    assert [(503, "too_many_connections")] == port.outcomes()
    first.get()
    port.answer(OK)
    assert [200] == first.statuses()


def test_a_place_that_is_free_is_given_away(make_port):
    """The limit is for those that are open."""
    port = make_port(max_connections=1)
    port.client().leave()
    client = port.client()
    client.get()
    port.answer(OK)
    assert [200] == client.statuses()


def test_a_flood_is_not_answered(make_port):
    """Words for everybody would be too dear."""
    port = make_port(max_connections=0)
    refused = [port.client() for _ in range(REFUSED_MAX)]
    assert {b"503"} == {client.take()[9:12] for client in refused}
    flood = port.client()
    assert ("abort", b"") == (flood.transport.end, flood.take())
    assert REFUSED_MAX == len(port.observer.records) == port.observer.open


def test_deadlines_are_looked_at_again_and_again(port):
    """Those of all connections, each by itself."""
    first = port.client()
    port.loop.pass_time(5)
    second = port.client()
    port.loop.pass_time(5.2)
    assert ("close", "") == (first.transport.end, second.transport.end)
    port.loop.pass_time(5)
    assert "close" == second.transport.end


def test_connections_are_looked_at_only_when_a_time_out_may_be_over(port):
    """Ten thousand at rest would otherwise be looked at ten times a second."""
    clients = [port.client() for _ in range(3)]
    for client in clients:
        client.get()
        port.answer(OK)
    port.loop.pass_time(30)
    # The response might have been due by now: nothing was over, and nothing is before a connection was idle for long.
    assert clients[0].connection.deadline.at == port.gateway.soonest.at
    port.loop.pass_time(30.2)
    assert ["close"] * 3 == [client.transport.end for client in clients]


def test_old_upstream_connections_are_closed(port, client):
    """By the same timer, a little later."""
    client.get()
    port.answer(OK)
    port.loop.now += 56
    for _ in range(12):
        port.loop.pass_time(0.11)
    assert "abort" == port.upstream.transport.end


@pytest.fixture
def drain(port):
    """Begins to drain, with 30 seconds of grace; gives the task."""

    def begin():
        task = port.loop.create_task(port.gateway.drain(30.0))
        port.loop.settle()
        return task

    return begin


def test_without_connections_a_drain_is_over_at_once(drain):
    """There is nothing to wait for."""
    assert drain().done()


def test_idle_connections_are_closed_at_once(port, client, drain):
    """One that has had an answer, and one that has said nothing."""
    client.get()
    port.answer(OK)
    silent = port.client()
    draining = drain()
    assert ("close", "close") == (client.transport.end, silent.transport.end)
    assert draining.done()


def test_what_has_begun_may_end(port, client, drain):
    """With an answer that says that it is the last."""
    client.get()
    draining = drain()
    port.answer(OK)
    assert (b"Connection: close" in client.transport.written, client.transport.said_eof) == (True, True)
    assert not draining.done()
    client.leave()
    assert (True, [(200, "")]) == (draining.done(), port.outcomes())


def test_a_head_that_has_begun_may_end(port, client, drain):
    """Its request is answered."""
    client.send(b"GET / HTTP/1.1\r\n")
    drain()
    client.send(b"Host: h\r\n\r\n")
    port.answer(OK)
    assert b"Connection: close" in client.take()


def test_an_answer_that_promised_more_is_followed_by_the_end(port, client, drain):
    """Its head had gone out before; the next request is not waited for."""
    client.get()
    port.answer(OK[:-1])
    draining = drain()
    port.answer(OK[-1:])
    assert ("close", True) == (client.transport.end, draining.done())


def test_what_takes_too_long_is_ended(port, client, drain):
    """After the grace, and is recorded."""
    client.get()
    port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    draining = drain()
    for _ in range(2):
        port.loop.pass_time(14)
        port.answer(b"x")
    assert not draining.done()
    port.loop.pass_time(2)
    assert (True, "abort") == (draining.done(), client.transport.end)
    assert [(200, "client_closed")] == port.outcomes()


def test_a_request_that_waits_in_a_pipeline_is_not_begun(port, client, drain):
    """The answer before it was the last."""
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 2)
    drain()
    port.answer(OK)
    assert ([200], 1) == (client.statuses(), len(port.observer.records))


def test_closing_lets_go_of_everything(make_port, loop):
    """Of idle upstream connections, and of what is still connecting."""
    port = make_port()
    client = port.client()
    client.get()
    port.answer(OK)
    used = port.upstream
    client.get()
    other = port.client()
    loop.pending = loop.create_future()
    other.get()
    port.answer(OK, used)
    loop.run_until_complete(port.gateway.close())
    loop.settle()
    assert ("abort", set()) == (used.transport.end, port.gateway.tasks._running)
    assert all(not task.get_name().startswith("connect") for task in asyncio.all_tasks(loop))
