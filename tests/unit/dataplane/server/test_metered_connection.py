"""A client connection that has to go: what it held, and what it is told."""

from __future__ import annotations

import pytest

from postern_dataplane.server.metered_connection import CONNECTION_BYTES

KIB = 1024
# What the head of a request that is under way is charged with.
SMALL_HEAD = 4 * KIB
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
START = b"GET / HTTP/1.1\r\nHost: app.example.com\r\n"


@pytest.fixture
def evict(port):
    """Evicts a client, as when nobody holds more."""

    def evict(client):
        port.gateway.budget.limit_bytes = 0
        port.loop.call(port.gateway.budget.review)
        return client.take(), client.transport.end

    return evict


def used(port):
    return port.gateway.budget.used_bytes - CONNECTION_BYTES


def test_a_connection_costs_what_it_costs(port, client):
    """Until it is gone; a request with a small head costs nothing more."""
    client.get()
    assert 0 == used(port)
    client.leave()
    assert -CONNECTION_BYTES == used(port)


def test_a_head_that_goes_on_is_charged(port, client):
    """With what the parser makes of it, until its request is answered."""
    client.send(START).send(b"X-A: " + b"a" * 8_000 + b"\r\n")
    assert 20 * KIB < used(port) < 60 * KIB
    client.send(b"\r\n")
    port.answer(OK)
    port.gateway.budget.review()
    assert 0 == used(port)


def test_a_large_head_that_comes_at_once_is_charged(port, client):
    """For as long as its request is under way."""
    client.get("/", "X-A: " + "a" * 8_000)
    assert used(port) > 20 * KIB


def test_what_waits_behind_a_request_is_charged(port, client):
    """Byte by byte."""
    client.get()
    client.send(b"a" * 50_000)
    assert 0 <= used(port) - 50_000 < SMALL_HEAD


def test_a_body_without_an_upstream_is_charged(port, client, loop):
    """What is held until there is a connection."""
    loop.pending = loop.create_future()
    client.get("/", "Content-Length: 100000", method="POST")
    client.send(b"a" * 50_000)
    assert 0 <= used(port) - 50_000 < SMALL_HEAD


@pytest.mark.parametrize("size", [10_000, 50_000, 200_000])
@pytest.mark.parametrize("framing", ["Content-Length: %d", "Transfer-Encoding: chunked\r\nA: %d"])
def test_a_body_that_comes_with_its_head_is_charged_without_an_upstream(port, client, loop, size, framing):
    """At once, whichever parser reads it, until it has gone on."""
    loop.pending = loop.create_future()
    body = b"a" * size if "Length" in framing else b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"a" * size)
    client.send(f"POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n".encode() % size + body)
    assert 0 <= used(port) - size < SMALL_HEAD
    loop.call(loop.pending.set_result, None)
    assert port.upstream.transport.take().endswith(body)
    port.answer(OK)
    port.gateway.budget.review()
    assert 0 == used(port)


def test_what_an_upstream_does_not_take_is_charged(port, client):
    """When it is the connection's turn to be weighed."""
    client.get("/", "Content-Length: 100000", method="POST")
    port.upstream.transport.unsent = 40_000
    port.gateway.budget.review()
    assert 0 <= used(port) - 40_000 < SMALL_HEAD


def test_what_waits_for_its_turn_of_the_loop_is_charged(port, client):
    """The rest of a read that is parsed in parts counts until it is parsed."""
    client.get()
    client.connection.read_gate.rest = b"a" * 50_000
    port.gateway.budget.review()
    assert 0 <= used(port) - 50_000 < SMALL_HEAD


def test_an_answer_that_is_not_taken_is_charged(port, client):
    """As soon as the client is found to be slow."""
    client.get()
    client.transport.unsent = 70_000
    client.block()
    assert 0 <= used(port) - 70_000 < SMALL_HEAD


def test_a_large_head_is_told_so(port, client, evict):
    """431, and the connection ends within a moment instead of lingering."""
    client.send(START + b"X-A: " + b"a" * 9_000 + b"\r\n")
    answer, _ = evict(client)
    assert (b"431", [(431, "out_of_memory_head")]) == (answer[9:12], port.outcomes())
    assert (["head"], 0) == (port.observer.evictions, port.gateway.budget.used_bytes)
    port.loop.pass_time(0.2)
    assert "close" == client.transport.end


def test_a_small_head_is_told_that_it_was_slow(port, client, evict):
    """408: it could come again, and faster."""
    client.send(START)
    answer, _ = evict(client)
    assert (b"408", [(408, "out_of_memory_slow")]) == (answer[9:12], port.outcomes())


def test_an_idle_connection_ends_without_a_word(port, client, evict):
    """It has asked nothing; one that said nothing at all likewise."""
    silent = port.client()
    client.get()
    port.answer(OK)
    client.take()
    assert (b"", "abort") == evict(client)
    assert ("abort", ["idle", "idle"]) == (silent.transport.end, port.observer.evictions)


def test_a_request_that_waits_for_its_answer_is_refused(port, client, evict):
    """503, and its upstream connection is not used again."""
    client.get()
    answer, _ = evict(client)
    assert (b"503", [(503, "out_of_memory")]) == (answer[9:12], port.outcomes())
    assert (["request"], "abort") == (port.observer.evictions, port.upstream.transport.end)


def test_an_answer_that_has_begun_is_cut_short(port, client, evict):
    """Abruptly, so that it can't be taken for a whole one; what the client did not take is thrown away."""
    client.get()
    port.answer(OK[:-1])
    client.transport.unsent = 70_000
    evict(client)
    assert ("abort", [(200, "out_of_memory")]) == (client.transport.end, port.outcomes())


def test_a_connection_that_lingers_is_ended(port, client, evict):
    """It has had its word."""
    client.send(b"nonsense\r\n\r\n")
    assert "abort" == evict(client)[1]
    assert ["ending"] == port.observer.evictions


def test_a_client_that_has_just_been_answered_is_spared(port, client):
    """An older one that was not asked for lately goes first, and in its turn this one too."""
    client.get()
    port.answer(OK)
    assert client.connection.is_spared
    port.loop.now += 1.1
    assert not client.connection.is_spared
    assert not port.client().connection.is_spared


def test_an_honest_client_is_answered_while_others_hold_everything(make_port):
    """Of many unended heads the oldest go; a head in two packets arrives."""
    port = make_port(connection_memory_bytes=256 * KIB)
    crowd = [port.client().send(START + b"X-A: " + b"a" * 15_000) for _ in range(20)]
    honest = port.client().send(START)
    crowd += [port.client().send(START + b"X-A: " + b"a" * 15_000) for _ in range(20)]
    honest.send(b"\r\n")
    port.answer(OK)
    assert [200] == honest.statuses()
    assert ([431], []) == (crowd[0].statuses(), crowd[-1].statuses())
    assert port.gateway.budget.used_bytes <= 256 * KIB
