"""What the system knows of a TCP connection: who the peer is, and how much has come or was acknowledged."""

from __future__ import annotations

import select
import socket
import sys
from typing import Any

# Linux, struct tcp_info: where the numbers of bytes acknowledged and received are, and how much of it is asked for.
_ACKNOWLEDGED_AT, _RECEIVED_AT, _TCP_INFO_BYTES = 120, 128, 136


def peer_address(peer_name: Any) -> str:
    """The address of a peer as every log, header and network knows it; "" where the socket has none.

    RFC 4291, section 2.5.5.2: an IPv4 client of a listener of both families comes from `::ffff:a.b.c.d`.  The zone
    behind a link-local address means something on this machine only.
    """
    address = str(peer_name[0]) if isinstance(peer_name, tuple) and peer_name else ""
    return address.removeprefix("::ffff:").partition("%")[0] if ":" in address else address


def received_bytes(connection: socket.socket | None) -> int:
    """How much has come on a TCP connection, 0 where the system doesn't say."""
    return _tcp_info(connection, _RECEIVED_AT)


def acknowledged_bytes(connection: socket.socket | None) -> int | None:
    """How much of what was sent on a connection opened here the peer has; None where the system doesn't say."""
    acknowledged = _tcp_info(connection, _ACKNOWLEDGED_AT)
    # The first that a peer acknowledges is that there is a connection.
    return acknowledged - 1 if acknowledged else None


def _tcp_info(connection: socket.socket | None, at: int) -> int:
    """A number of 64 bits, 0 where the system doesn't say."""
    if connection is None:
        return 0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except (OSError, AttributeError):
        return 0
    return int.from_bytes(info[at : at + 8], sys.byteorder) if len(info) == _TCP_INFO_BYTES else 0


def has_ended(connection: socket.socket | None) -> bool:
    """Whether the peer has ended a connection, though that has not been read yet."""
    if connection is None:
        return False
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLRDHUP)
    except (OSError, ValueError, OverflowError):
        return True
    return bool(poll.poll(0))
