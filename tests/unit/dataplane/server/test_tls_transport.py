"""The transport over TLS, and a client that leaves in two steps."""

from __future__ import annotations

import asyncio

import pytest

from postern_dataplane.listener import ListenerConfig
from postern_dataplane.server.tls_transport import UNSENT_BYTES_MAX, TlsClientConnection, TlsTransport


class Layer(asyncio.Transport):
    """One of the two transports; remembers what was done with it."""

    def __init__(self):
        super().__init__({"peername": ("192.0.2.1", 1)})
        self.done = []
        self.unsent = 0

    def get_write_buffer_size(self):
        return self.unsent

    def is_closing(self):
        return "close" in self.done

    def __getattribute__(self, name):
        if name in {"write", "close", "abort", "pause_reading", "resume_reading", "set_write_buffer_limits"}:
            return lambda *arguments: self.done.append((name, *arguments) if arguments else name)
        return super().__getattribute__(name)


@pytest.fixture
def layer():
    return Layer()


@pytest.fixture
def below():
    return Layer()


@pytest.fixture
def transport(layer, below):
    made = TlsTransport(layer, below)
    assert [("set_write_buffer_limits", UNSENT_BYTES_MAX)] == layer.done
    layer.done.clear()
    return made


def test_what_is_unsent_is_unsent_in_either_layer(transport, layer, below):
    """A client that doesn't take its last bytes is seen to be one."""
    layer.unsent, below.unsent = 3, 4
    assert 7 == transport.get_write_buffer_size()


def test_the_rest_is_the_layer_s_affair(transport, layer, below):
    """Bytes go in there, and what is known of the client comes from there."""
    transport.write(b"a")
    transport.abort()
    assert ([("write", b"a"), "abort"], []) == (layer.done, below.done)
    assert (("192.0.2.1", 1), False) == (transport.get_extra_info("peername"), transport.is_closing())


def test_reading_pauses_on_the_socket_too(transport, layer, below):
    """Pausing pauses the socket too, so that an end is not noticed before the bytes ahead of it."""
    transport.pause_reading()
    transport.resume_reading()
    assert ["pause_reading", "resume_reading"] == layer.done == below.done


@pytest.mark.parametrize("first", ["write_eof", "close"])
def test_an_end_is_said_first_and_enforced_when_asked_again(first, transport, layer, below):
    """The client's word is read for meanwhile."""
    getattr(transport, first)()
    said = list(below.done)
    transport.close()
    assert (["close"], ["resume_reading"], ["resume_reading", "close"]) == (layer.done, said, below.done)


@pytest.fixture
def secured(port, client, loop):
    """A client of an entrance with TLS."""
    client.connection = TlsClientConnection(port.gateway, ListenerConfig(is_tls=True))
    client.transport.protocol = client.connection
    loop.call(client.connection.connection_made, client.transport)
    return client


def test_an_upstream_is_told_of_it(port, secured):
    """By the scheme, and the port that clients of it use."""
    secured.get()
    assert b"\r\nX-Forwarded-Proto: https\r\n" in port.upstream.transport.written
    assert b"\r\nX-Forwarded-Port: 443\r\n" in port.upstream.transport.written


def test_who_says_goodbye_has_left(port, secured, loop):
    """The request is cancelled at once, and what the client doesn't take then is not kept for long."""
    secured.get()
    secured.transport.unsent = 5
    loop.call(secured.connection.eof_received)
    assert ("abort", [(499, "client_closed")]) == (port.upstream.transport.end, port.outcomes())
    secured.expire()
    assert "abort" == secured.transport.end


def test_who_says_goodbye_between_requests_has_left_too(port, secured, loop):
    """There is nothing to cancel."""
    loop.call(secured.connection.eof_received)
    assert [] == port.outcomes()


def test_an_evicted_client_ends_at_once(port, secured):
    """Its buffers are why it has to go; it has been told so before."""
    secured.send(b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 10_000)
    port.loop.call(secured.connection.evict)
    assert ([431], "close") == (secured.statuses(), secured.transport.end)


def test_a_client_at_rest_is_charged_for_the_buffers_of_its_largest_packet(port):
    """The layers of TLS keep them between two requests."""
    client = TlsClientConnection(port.gateway, ListenerConfig())
    port.loop.call(client.connection_made, Layer())
    before = client.weight().size_bytes
    client._packet_bytes = 10_000  # as after a packet of this size
    assert before + 30_000 == client.weight().size_bytes
