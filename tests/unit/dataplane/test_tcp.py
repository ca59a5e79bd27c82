"""What the system knows of a TCP connection."""

from __future__ import annotations

import socket

import pytest

from postern_dataplane.tcp import acknowledged_bytes, has_ended, peer_address, received_bytes


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (("192.0.2.1", 1), "192.0.2.1"),
        (("::ffff:192.0.2.1", 1, 0, 0), "192.0.2.1"),
        (("2001:db8::1", 1, 0, 0), "2001:db8::1"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::1"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_peer_has_one_address(name, address):
    """An IPv4 client on an IPv6 listener is written as IPv4, and a socket of Unix has none."""
    assert address == peer_address(name)


def test_bytes_that_have_come_are_counted():
    """Received bytes are counted, also those that have not been read."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        connection, _ = server.accept()
        with connection:
            client.sendall(b"a" * 1000)
            connection.recv(1000, socket.MSG_PEEK | socket.MSG_WAITALL)
            assert 1000 == received_bytes(connection)
        assert 0 == received_bytes(connection)


def test_where_no_system_tells_nothing_has_come():
    """Only Linux says how much has come, and only of TCP."""
    left, right = socket.socketpair()
    with left, right:
        assert [0, 0] == [received_bytes(None), received_bytes(left)]


@pytest.fixture
def pair():
    """Both ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, _ = server.accept()
        with far:
            yield near, far


def test_bytes_that_the_peer_has_are_counted(pair):
    """Whether it has read them or not."""
    near, far = pair
    assert 0 == acknowledged_bytes(near)
    near.sendall(b"a" * 1000)
    far.recv(1000, socket.MSG_PEEK | socket.MSG_WAITALL)
    far.sendall(b"b")
    near.recv(1)
    assert 1000 == acknowledged_bytes(near)
    assert acknowledged_bytes(None) is None


def test_an_end_is_seen_before_it_is_read(pair):
    """Bytes that came before it may still wait."""
    near, far = pair
    assert [False, False] == [has_ended(near), has_ended(None)]
    far.sendall(b"a")
    far.close()
    assert has_ended(near)
    near.close()
    assert has_ended(near)
