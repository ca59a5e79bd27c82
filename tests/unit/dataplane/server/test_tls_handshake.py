"""A connection before it can speak."""

from __future__ import annotations

import socket
import ssl

import pytest

from postern_dataplane.listener import ListenerConfig
from postern_dataplane.server.gateway import REFUSED_MAX
from postern_dataplane.server.tls_handshake import BYTES_KEPT
from postern_dataplane.server.tls_transport import TLS_BYTES


class Begun:
    """A handshake of a gateway, whose end is in a test's hands."""

    def __init__(self, port, loop, transport_of, context):
        self.port, self.loop = port, loop
        self.over = loop.create_future()
        self.client, self.options = None, {}
        loop.start_tls = self._start_tls
        self.handshake = port.gateway.secure(ListenerConfig(is_tls=True), lambda: context)()
        self.transport = transport_of(self.handshake)

    async def _start_tls(self, transport, protocol, _context, **options):
        self.client, self.options = protocol, options
        await self.over
        transport.set_write_buffer_limits = lambda _bytes: None
        return transport

    def end(self, error=None):
        """Let it end, well or with an error."""
        if error is None:
            self.loop.call(self.over.set_result, None)
        else:
            self.loop.call(self.over.set_exception, error)

    def get(self):
        self.loop.call(self.client.data_received, b"GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n")


@pytest.fixture
def start(loop, transport_of):
    """Starts handshakes with a gateway."""
    return lambda port, context="a context": Begun(port, loop, transport_of, context)


@pytest.fixture
def handshake(start, port):
    return start(port)


def test_it_takes_a_place(port, handshake):
    """From the first packet on, for as long as a head may take."""
    assert (1, []) == (port.observer.open, port.observer.handshakes)
    assert (True, 10.0) == (handshake.options["server_side"], handshake.options["ssl_handshake_timeout"])


def test_the_client_takes_its_place_over(port, handshake, loop):
    """It is served, and there is one connection as before."""
    handshake.end()
    assert (1, ["done"]) == (port.observer.open, port.observer.handshakes)
    handshake.get()
    assert b"\r\nX-Forwarded-Proto: https\r\n" in port.upstream.transport.written


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (ssl.SSLError(1, "canary"), "refused"),
        (ConnectionAbortedError("it took too long"), "timeout"),
        (ConnectionResetError(), "left"),
        (OSError(113, "no route"), "left"),
    ],
)
def test_a_failure_is_counted_and_ends_the_connection(error, result, port, handshake, loop):
    """By what the event loop says of it."""
    handshake.end(error)
    assert ([result], 0, "abort") == (port.observer.handshakes, port.observer.open, handshake.transport.end)


def test_who_has_gone_at_its_end_has_left(port, handshake, loop):
    """The event loop takes that for a success."""
    handshake.transport.end = "close"
    handshake.end()
    assert (["left"], 0) == (port.observer.handshakes, port.observer.open)


def test_without_a_certificate_it_fails_at_once(port, start):
    """There is nothing to show."""
    handshake = start(port, context=None)
    assert (["no_certificate"], "abort", 0) == (
        port.observer.handshakes,
        handshake.transport.end,
        port.observer.open,
    )


def test_in_a_flood_nobody_shakes_hands(make_port, start):
    """A handshake costs more than the words that it would take to refuse."""
    port = make_port(max_connections=0)
    for _ in range(REFUSED_MAX):
        start(port)
    handshake = start(port)
    assert (["flooded"], "abort") == (port.observer.handshakes, handshake.transport.end)


def test_one_too_many_is_told_so_over_tls(make_port, start, loop):
    """As it is without."""
    port = make_port(max_connections=0)
    handshake = start(port)
    handshake.end()
    assert handshake.transport.written.startswith(b"HTTP/1.1 503 ")


def test_a_drain_lets_it_end(port, handshake, loop):
    """Whoever shakes hands has come to ask; the answer is the last."""
    draining = loop.create_task(port.gateway.drain(30.0))
    loop.settle()
    handshake.end()
    handshake.get()
    port.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert (b"Connection: close" in handshake.transport.written, False) == (True, draining.done())
    loop.call(handshake.client.connection_lost, None)
    assert draining.done()


def test_after_the_grace_it_is_ended(port, handshake, loop):
    """Like everything that is still there."""
    draining = loop.create_task(port.gateway.drain(0.0))
    loop.pass_time(1)
    assert "abort" == handshake.transport.end
    handshake.end(ConnectionResetError())
    assert (True, ["left"]) == (draining.done(), port.observer.handshakes)


def test_it_has_no_deadline_of_ours(port, handshake, loop):
    """The event loop has one; to ask it changes nothing."""
    loop.call(handshake.handshake.expire)
    assert (float("inf"), "") == (handshake.handshake.deadline.at, handshake.transport.end)


def test_it_is_charged_for_what_has_come(port, handshake):
    """The TLS library keeps a first message that has no end, and more than once."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        connection, _ = server.accept()
        with connection:
            handshake.transport._extra["socket"] = connection
            client.sendall(b"a" * 10_000)
            while not connection.recv(10_000, socket.MSG_PEEK | socket.MSG_WAITALL):
                pass
            port.gateway.budget.review()
    assert TLS_BYTES + BYTES_KEPT * 10_000 == port.gateway.budget.used_bytes


def test_it_may_be_evicted(port, handshake):
    """Nothing is said, and it is counted as that."""
    port.gateway.budget.limit_bytes = 0
    port.gateway.budget.review()
    handshake.end(ConnectionResetError())
    assert ("abort", ["evicted"], ["handshake"]) == (
        handshake.transport.end,
        port.observer.handshakes,
        port.observer.evictions,
    )


def test_the_client_is_charged_in_its_place(port, handshake):
    """Once, with the largest packet that the layer has had to hold."""
    handshake.end()
    assert TLS_BYTES == port.gateway.budget.used_bytes
    handshake.loop.call(handshake.client.data_received, b"GET / HTTP/1.1\r\nX: " + b"a" * 9_000)
    assert port.gateway.budget.used_bytes > TLS_BYTES + 9_000 * 4.5
    handshake.loop.call(handshake.client.connection_lost, None)
    assert 0 == port.gateway.budget.used_bytes


def test_the_error_of_a_handshake_leads_nowhere(handshake):
    """Its traceback would lead to the future that holds it, a cycle for each client that leaves within a handshake."""
    error = ConnectionResetError()
    handshake.end(error)
    assert error.__traceback__ is None
