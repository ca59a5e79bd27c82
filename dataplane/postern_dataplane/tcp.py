"""What the system knows of a TCP connection: who the peer is, and how much has come."""

from __future__ import annotations

import socket
import sys
from typing import Any

# Linux, struct tcp_info: where the bytes that have come are, as 64 bits, and how much of it is asked for.
_RECEIVED_AT, _TCP_INFO_BYTES = 128, 136


def peer_address(peer_name: Any) -> str:
    """The address of a peer as every log, header and network knows it; "" where the socket has none.

    RFC 4291, section 2.5.5.2: an IPv4 client of a listener of both families comes from `::ffff:a.b.c.d`.  The zone
    behind a link-local address means something on this machine only.
    """
    address = str(peer_name[0]) if isinstance(peer_name, tuple) and peer_name else ""
    return address.removeprefix("::ffff:").partition("%")[0] if ":" in address else address


def received_bytes(connection: socket.socket | None) -> int:
    """How much has come on a TCP connection, 0 where the system doesn't say."""
    if connection is None:
        return 0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except (OSError, AttributeError):
        return 0
    return int.from_bytes(info[_RECEIVED_AT:], sys.byteorder) if len(info) == _TCP_INFO_BYTES else 0
