"""Sockets to listen on, and clear words where there is none."""

from __future__ import annotations

import socket

import pytest

from postern_dataplane.errors import ListenError
from postern_dataplane.sockets import address_of, open_listener, open_listeners, open_shared_listeners
from postern_kit.addresses import Address

ANY_PORT = Address("127.0.0.1", 0)


def close(*listeners):
    for listener in listeners:
        listener.close()


def test_the_sockets_share_one_port():
    """Port 0 becomes the same free port for all."""
    listeners = open_shared_listeners(ANY_PORT, 3)
    assert 1 == len({address_of(listener) for listener in listeners})
    close(*listeners)


def test_a_connection_waits_until_somebody_accepts():
    """It is not refused while the worker starts."""
    (listener,) = open_shared_listeners(ANY_PORT, 1)
    socket.create_connection(address_of(listener), timeout=1).close()
    close(listener)


@pytest.mark.parametrize("is_shared", [True, False])
def test_an_address_in_use_is_refused(is_shared):
    """An address in use is refused, also where its owner shares the port: clients would be stolen."""
    (taken,) = open_shared_listeners(ANY_PORT, 1)
    address = address_of(taken)
    with pytest.raises(ListenError, match=f"^address already in use: {address}$"):
        open_shared_listeners(address, 2) if is_shared else open_listener(address)
    close(taken)


def test_an_address_can_be_used_again_at_once():
    """Connections of an earlier run that still linger don't block it."""
    listener = open_listener(ANY_PORT)
    address = address_of(listener)
    client = socket.create_connection(address, timeout=1)
    served, _ = listener.accept()
    close(served, client, listener)
    close(open_listener(address))


@pytest.mark.parametrize(
    ("host", "said"), [("192.0.2.1", "not an address of this machine"), ("no.such.host.invalid", "no address")]
)
def test_a_foreign_address_is_explained(host, said):
    """The message names the address that was given."""
    with pytest.raises(ListenError, match=f"{said}.*: {host}:9080"):
        open_listener(Address(host, 9080))


def test_a_worker_has_a_listener_for_each_way_to_connect():
    """The plain ones share one port, those with TLS another."""
    pairs = open_listeners(ANY_PORT, ANY_PORT, 2)
    ports = [{address_of(one.all[way]).port for one in pairs} for way in (0, 1)]
    assert ([1, 1], 2) == ([len(found) for found in ports], len(ports[0] | ports[1]))
    for pair in pairs:
        pair.close()


def test_without_tls_there_is_one():
    """Nothing listens in vain."""
    (only,) = open_listeners(ANY_PORT, None, 1)
    assert (None, (only.plain,)) == (only.tls, only.all)
    only.close()


def test_all_are_closed_when_one_can_not_be_opened():
    """The plain address is free again."""
    free = open_listener(ANY_PORT)
    address = address_of(free)
    free.close()
    with pytest.raises(ListenError):
        open_listeners(address, Address("192.0.2.1", 0), 2)
    close(open_listener(address))
