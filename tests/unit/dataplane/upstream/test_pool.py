"""Backends in use, their addresses and their connections."""

from __future__ import annotations

import socket
import ssl
from types import SimpleNamespace

import msgspec
import pytest

from postern_core.snapshot import Backend, Endpoint
from postern_core.snapshot_upstream_tls import UpstreamTLS
from postern_dataplane.table.upstream import Upstream
from postern_dataplane.upstream.load_balancer import IDLE_MAX

ONE, OTHER, NAMED = (Endpoint(address=it, port=80) for it in ("10.0.0.1", "10.0.0.2", "app"))


def upstream(*endpoints, **backend):
    return Upstream(Backend(id="Service/demo/app", **backend), endpoints)


def test_a_backend_has_one_runtime(upstreams):
    """However many requests ask for it."""
    assert upstreams.get(upstream(ONE)) is upstreams.get(upstream(ONE))


def test_a_connection_goes_to_the_address(upstreams, connect, loop):
    """In the clear where there is no TLS."""
    tried = []
    connection = connect(upstreams.get(upstream(ONE)), tried=tried)
    assert [("10.0.0.1", 80, {"ssl": None, "server_hostname": None})] == loop.dials
    assert ("10.0.0.1:80", [connection.host]) == (connection.address, tried)


def test_tls_names_the_server(upstreams, connect, loop):
    """By the name that is configured, whatever the address."""
    connect(upstreams.get(upstream(ONE, tls=UpstreamTLS(server_name="a.test"))))
    ((_, _, tls),) = loop.dials
    assert ("a.test", True) == (tls["server_hostname"], isinstance(tls["ssl"], ssl.SSLContext))


def test_a_kept_connection_is_used_again(upstreams, connect, loop):
    """The last one first, so that the others grow old."""
    pool = upstreams.get(upstream(ONE))
    first, second = connect(pool), connect(pool)
    for connection in (first, second):
        pool.keep(connection, loop.now)
    host = first.host
    assert [second, first, None] == [pool.idle_connection(host, loop.now) for _ in range(3)]


def test_a_connection_that_closed_is_not_used(upstreams, connect, loop):
    """It leaves the idle ones by itself; one that is only closing is passed over."""
    pool = upstreams.get(upstream(ONE))
    gone, closing = connect(pool), connect(pool)
    for connection in (gone, closing):
        pool.keep(connection, loop.now)
    loop.call(gone.connection_lost, None)
    assert [closing] == gone.host.idle
    closing.transport.end = "close"
    assert pool.idle_connection(gone.host, loop.now) is None


def test_idle_connections_have_a_number_at_most(upstreams, connect, loop):
    """What is beyond is closed."""
    pool = upstreams.get(upstream(ONE))
    made = [connect(pool) for _ in range(IDLE_MAX + 1)]
    for connection in made:
        pool.keep(connection, loop.now)
    assert (IDLE_MAX, "", "abort") == (len(made[0].host.idle), made[0].transport.end, made[-1].transport.end)


def test_old_connections_are_closed(upstreams, connect, loop):
    """Before the server does it."""
    pool = upstreams.get(upstream(ONE))
    old, young = connect(pool), connect(pool)
    pool.keep(old, loop.now)
    pool.keep(young, loop.now + 10)
    upstreams.close_old(loop.now + 54.9)
    assert ["", ""] == [old.transport.end, young.transport.end]
    upstreams.close_old(loop.now + 55)
    assert ["abort", ""] == [old.transport.end, young.transport.end]


def test_a_failure_takes_an_address_out(upstreams, connect, loop, turns):
    """A success brings it back."""
    pool = upstreams.get(upstream(ONE, OTHER))
    first = loop.call(pool.next_host, loop.now)
    loop.failures = [ConnectionRefusedError()]
    with pytest.raises(ConnectionRefusedError):
        connect(pool, first)
    assert {OTHER.address: 4} == turns(pool, 4)
    connect(pool, first)
    assert {ONE.address, OTHER.address} == set(turns(pool, 4))


def test_connecting_has_its_time(upstreams, loop, turns):
    """Of the backend; who is too slow rests."""
    pool = upstreams.get(upstream(ONE, OTHER, connect_timeout_ms=3_000))
    loop.pending = loop.create_future()
    connecting = loop.create_task(pool.connect(None, []))
    loop.settle()
    loop.pass_time(2.9)
    assert not connecting.done()
    loop.pass_time(0.1)
    assert isinstance(connecting.exception(), TimeoutError)
    assert {OTHER.address: 4} == turns(pool, 4)


def test_all_addresses_of_a_name_are_used(upstreams, connect, loop, turns):
    """They share its weight."""
    loop.names["app"] = ["10.0.1.1", "10.0.1.2"]
    heavy = Endpoint(address="10.0.0.1", port=80, weight=2)
    pool = upstreams.get(upstream(heavy, Endpoint(address="app", port=80, weight=2)))
    turns(pool, 2)  # the name is asked for beside the requests
    assert {"10.0.0.1": 8, "10.0.1.1": 4, "10.0.1.2": 4} == turns(pool, 16)


def test_a_name_that_is_not_known_leaves_the_others(upstreams, connect, turns):
    """One bad name is no outage."""
    pool = upstreams.get(upstream(ONE, NAMED))
    assert "10.0.0.1" == connect(pool).host.host
    assert {"10.0.0.1": 3} == turns(pool, 3)


def test_a_silent_name_is_not_waited_for_when_another_has_an_address(upstreams, connect, loop):
    """Whichever comes first."""
    loop.names |= {"silent": loop.create_future(), "app": ["10.0.1.1"]}
    pool = upstreams.get(upstream(Endpoint(address="silent", port=80), NAMED))
    assert "10.0.1.1" == connect(pool).host.host


def test_waiting_for_names_is_a_part_of_connecting(upstreams, loop):
    """Waiting for names counts towards the connect time-out."""
    loop.names["app"] = loop.create_future()
    pool = upstreams.get(upstream(NAMED, connect_timeout_ms=1_000))
    connecting = loop.create_task(pool.connect(None, []))
    loop.settle()
    loop.pass_time(1)
    assert isinstance(connecting.exception(), TimeoutError)


def test_another_attempt_does_not_wait_for_names(upstreams, connect, loop):
    """Where there is an address to go to."""
    loop.names["app"] = loop.create_future()
    pool = upstreams.get(upstream(ONE, NAMED))
    address = loop.call(pool.next_host, loop.now)
    loop.failures = [ConnectionRefusedError()]
    tried = []
    with pytest.raises(ConnectionRefusedError):
        connect(pool, address, tried)
    assert "10.0.0.1" == connect(pool, None, tried).host.host


def test_without_any_address_connecting_fails(upstreams, connect, loop):
    """Without any address connecting fails, and the name is resolved again with the next request."""
    pool = upstreams.get(upstream(NAMED))
    assert loop.call(pool.next_host, loop.now) is None
    with pytest.raises(OSError, match="no address"):
        connect(pool)
    loop.names["app"] = ["10.0.0.9"]
    assert "10.0.0.9" == connect(pool).host.host


def test_a_new_answer_changes_the_rotation(upstreams, connect, loop, turns):
    """Connections to an address that is left stay, the others close."""
    loop.names["app"] = ["10.0.1.1", "10.0.1.2"]
    pool = upstreams.get(upstream(NAMED))
    made = {connection.host.host: connection for connection in (connect(pool), connect(pool))}
    for connection in made.values():
        pool.keep(connection, loop.now)
    loop.names["app"] = ["10.0.1.2", "10.0.1.3"]
    loop.pass_time(31)
    turns(pool, 1)
    assert {"10.0.1.2", "10.0.1.3"} == set(turns(pool, 4))
    assert ["abort", ""] == [made[host].transport.end for host in ("10.0.1.1", "10.0.1.2")]


def test_a_name_that_fails_keeps_its_addresses(upstreams, connect, loop, turns):
    """The last answer counts."""
    loop.names["app"] = ["10.0.1.1"]
    pool = upstreams.get(upstream(NAMED))
    connect(pool)
    loop.names["app"] = socket.gaierror(-3, "again")
    loop.pass_time(31)
    turns(pool, 1)
    assert {"10.0.1.1": 3} == turns(pool, 3)


@pytest.fixture
def kept(upstreams, connect, loop):
    """A runtime of two addresses, with an idle connection to each: the runtime, then these by host."""
    pool = upstreams.get(upstream(ONE, OTHER))
    made = {connection.host.host: connection for connection in (connect(pool), connect(pool))}
    for connection in made.values():
        pool.keep(connection, loop.now)
    return pool, made


def adopt(upstreams, loop, *found):
    """Follow a table with just these backends."""
    loop.call(upstreams.adopt, SimpleNamespace(upstreams={it.id: it for it in found}))


def test_what_is_unchanged_goes_on(kept, upstreams, loop):
    """Equal is enough."""
    pool, made = kept
    adopt(upstreams, loop, upstream(ONE, OTHER))
    assert pool is upstreams.get(upstream(ONE, OTHER))
    assert ["", ""] == [connection.transport.end for connection in made.values()]


def test_an_address_that_is_left_keeps_its_connections(kept, upstreams, loop, turns):
    """One that is gone loses them, with the next request."""
    pool, made = kept
    adopt(upstreams, loop, upstream(OTHER, request_timeout_ms=1))
    assert {OTHER.address: 2} == turns(pool, 2)
    assert ["abort", ""] == [made[it.address].transport.end for it in (ONE, OTHER)]
    assert made[OTHER.address] is pool.idle_connection(made[OTHER.address].host, loop.now)


def test_a_weight_may_change(kept, upstreams, loop, turns):
    """Without losing a connection."""
    pool, made = kept
    adopt(upstreams, loop, upstream(msgspec.structs.replace(ONE, weight=3), OTHER))
    assert {ONE.address: 6, OTHER.address: 2} == turns(pool, 8)
    assert ["", ""] == [connection.transport.end for connection in made.values()]


def test_other_tls_is_another_way(kept, upstreams, loop, turns):
    """No connection made before is used again, and none that is returned later."""
    pool, made = kept
    running = pool.idle_connection(made[ONE.address].host, loop.now)
    adopt(upstreams, loop, upstream(ONE, OTHER, tls=UpstreamTLS(server_name="a.test")))
    turns(pool, 2)
    assert "abort" == made[OTHER.address].transport.end
    assert "" == running.transport.end
    pool.keep(running, loop.now)
    assert "abort" == running.transport.end


def test_a_backend_that_is_gone_lets_go(kept, upstreams, loop):
    """Idle connections close at once, running ones when they are given back."""
    pool, made = kept
    running = pool.idle_connection(made[ONE.address].host, loop.now)
    adopt(upstreams, loop)
    assert ["", "abort"] == [running.transport.end, made[OTHER.address].transport.end]
    pool.keep(running, loop.now)
    assert "abort" == running.transport.end
    assert pool is not upstreams.get(upstream(ONE))


def test_an_endpoint_that_is_listed_twice_has_two_shares(upstreams, turns):
    """One address, with the connections that it has."""
    pool = upstreams.get(upstream(ONE, OTHER, ONE))
    assert {"10.0.0.1": 4, "10.0.0.2": 2} == turns(pool, 6)


def test_a_connection_that_closes_at_once_was_not_made(upstreams, connect, loop):
    """The address is tried like one that refuses."""
    loop.closes = True
    with pytest.raises(OSError, match="closed as soon as it was open"):
        connect(upstreams.get(upstream(ONE)))


def test_a_name_that_tls_can_not_ask_for_is_a_failure_like_others(upstreams, connect, loop):
    """A label of more than 63 characters, for instance, raises UnicodeError."""
    loop.failures.append(UnicodeError("label too long"))
    with pytest.raises(OSError, match="not one that TLS can ask for"):
        connect(upstreams.get(upstream(ONE)))
