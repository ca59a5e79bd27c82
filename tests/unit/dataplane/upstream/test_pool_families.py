"""Addresses of two families: one is used, and the other where that can't be connected to."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec

from postern_core.snapshot import Backend, Endpoint
from postern_dataplane.table.upstream import Upstream
from postern_dataplane.upstream.happy_eyeballs import DELAY_S

BOTH = Endpoint(address="fd00::1", port=80, alternatives=("10.0.0.1",))


def app(*endpoints):
    return Upstream(Backend(id="Service/demo/app"), endpoints)


def test_the_other_family_is_used_where_one_is_unreachable(upstreams, connect, loop):
    """A connection that one family refuses is made by the other, without another attempt, and first from then on."""
    pool = upstreams.get(app(BOTH))
    loop.failures = [OSError("network is unreachable")]
    assert "10.0.0.1:80" == connect(pool).address
    assert "10.0.0.1:80" == connect(pool).address
    assert ["fd00::1", "10.0.0.1", "10.0.0.1"] == [host for host, *_ in loop.dials]


def test_a_family_that_is_silent_is_not_waited_for(upstreams, loop):
    """The other one is tried after a moment, and the first that opens counts."""
    pool = upstreams.get(app(BOTH))
    loop.pending = loop.create_future()
    connecting = loop.create_task(pool.connect(None, []))
    loop.settle()
    loop.pending = None
    loop.pass_time(DELAY_S)
    assert "10.0.0.1:80" == connecting.result().address


def test_a_pod_counts_once(upstreams, turns):
    """Its second address is no second share."""
    assert {"fd00::1": 2, "10.0.0.2": 2} == turns(upstreams.get(app(BOTH, Endpoint(address="10.0.0.2", port=80))), 4)


def test_an_alternative_that_is_gone_is_forgotten(upstreams, connect, loop, turns):
    """A removed alternative is forgotten with its connections."""
    pool = upstreams.get(app(BOTH))
    loop.failures = [OSError("network is unreachable")]
    connection = connect(pool)
    pool.keep(connection, loop.now)
    changed = app(msgspec.structs.replace(BOTH, alternatives=()))
    loop.call(upstreams.adopt, SimpleNamespace(upstreams={changed.id: changed}))
    assert ({"fd00::1": 1}, "abort") == (turns(pool, 1), connection.transport.end)


def test_addresses_of_a_name_have_those_of_the_other_family(upstreams, connect, loop, turns):
    """Each of them one, and one that may not be connected to is no alternative."""
    loop.names["app"] = ["10.0.1.1", "10.0.1.2", "fd00::1", "::1"]
    pool = upstreams.get(app(Endpoint(address="app", port=80)))
    loop.failures = [ConnectionRefusedError()]
    assert "[fd00::1]:80" == connect(pool).address
    assert {"fd00::1": 2, "10.0.1.2": 2} == turns(pool, 4)
