"""A client connection over TLS: a transport that ends as a plain one does, and a client that may leave in two steps."""

from __future__ import annotations

import asyncio
from typing import Any

from .client_protocol import CLOSED
from .memory_budget import Weight
from .metered_connection import MeteredConnection

# What may wait in each layer before its sender is slowed down: as much as without TLS. The event loop's own is eight
# times that, for every client that reads slowly.
UNSENT_BYTES_MAX = 64 * 1024

# Measured: a connection over TLS takes 52 KiB from its handshake on, and 58 KiB until its end.
TLS_BYTES = 64 * 1024


class TlsTransport(asyncio.Transport):
    """What `client_connection` needs of a transport, over the TLS layer and the socket below it.

    TLS can't end one direction only. Its own way to end does what is wanted of
    `write_eof`: all is sent, the end is said (close_notify), and what the
    client still sends is read and thrown away, until it says so too.
    """

    __slots__ = ("_is_ending", "_layer", "_socket")

    def __init__(self, layer: asyncio.Transport, socket: asyncio.Transport) -> None:
        super().__init__()
        self._layer = layer
        self._socket = socket
        self._is_ending = False
        layer.set_write_buffer_limits(UNSENT_BYTES_MAX)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._layer.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._layer.write(data)

    def get_write_buffer_size(self) -> int:
        """What the client has not been sent yet, in both layers: only then is nothing left to wait for."""
        return self._layer.get_write_buffer_size() + self._socket.get_write_buffer_size()

    def pause_reading(self) -> None:
        # The socket too: the end of a connection that is noticed early throws away what waits in the layer.
        self._layer.pause_reading()
        self._socket.pause_reading()

    def resume_reading(self) -> None:
        self._layer.resume_reading()
        self._socket.resume_reading()

    def is_closing(self) -> bool:
        return self._layer.is_closing()

    def write_eof(self) -> None:
        self.close()

    def close(self) -> None:
        """End in order; said twice, without waiting for the client's word (RFC 8446, section 6.1, asks for none)."""
        if self._is_ending:
            self._socket.close()
            return
        self._is_ending = True
        self._socket.resume_reading()  # for the client's word
        self._layer.close()

    def abort(self) -> None:
        self._layer.abort()


class TlsClientConnection(MeteredConnection):
    """A client over TLS."""

    __slots__ = ("_packet_bytes",)
    _new_weight = Weight(TLS_BYTES, TLS_BYTES)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._packet_bytes = 0
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.tls is not None:  # the event loop also says so of a client whose handshake has failed
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._packet_bytes = max(self._packet_bytes, len(data))
        super().data_received(data)

    @property
    def _fixed_bytes(self) -> int:
        # The layer and OpenSSL have a buffer each that keeps what the largest packet has ever taken, and the packet is
        # a text of its own until its head ends.
        return TLS_BYTES + 3 * self._packet_bytes

    def _at_rest(self) -> Weight:
        return Weight(self._fixed_bytes, self._fixed_bytes)

    def _end_evicted(self) -> None:
        # At once: until its end it would keep the buffers for which it was evicted. What was said has been sent.
        self._transport.close()

    def eof_received(self) -> None:
        """The client has sent close_notify: from here on nothing that is written reaches it."""
        if self.state is not CLOSED:
            self._linger(self._lingering_close.begin)
        self._waiting = None
        if self.exchange is not None:
            self.exchange.client_disconnected()
