"""Which addresses of upstreams may be connected to."""

from __future__ import annotations

import pytest

from installation import own_address
from postern_core.snapshot import Backend, Endpoint
from postern_core.special_addresses import AllowedAddresses, read_allowed_addresses
from postern_dataplane.table.upstream import Upstream
from postern_dataplane.upstream import pool as module
from postern_dataplane.upstream.dial_policy import AddressRefused, DialPolicy


def app(*endpoints):
    return Upstream(Backend(id="Service/demo/app"), endpoints)


@pytest.mark.parametrize(
    ("allowed", "address", "expected"),
    [
        ("", "10.0.0.1", None),
        ("", "10.0.0.7", "own"),
        ("", "::ffff:10.0.0.7", "own"),
        ("own", "10.0.0.7", None),
        ("10.0.0.7/32", "10.0.0.7", None),
        ("", "127.0.0.1", "loopback"),
        ("own", "127.0.0.1", "loopback"),
    ],
)
def test_what_is_own_is_refused_unless_it_is_allowed(allowed, address, expected):
    """A gateway never connects to itself: there is its admin port, and what else runs in its pod."""
    own = {"10.0.0.7", "::ffff:a00:7", "127.0.0.1"}
    assert expected == DialPolicy(read_allowed_addresses(allowed), own.__contains__).refuses(address)


def test_nothing_special_is_allowed_by_default():
    """Whatever this machine's own address is, it is refused."""
    assert "own" == DialPolicy(AllowedAddresses()).refuses(own_address())


@pytest.fixture
def warnings(monkeypatch):
    """The warnings of the log, as their fields."""
    said = []
    monkeypatch.setattr(module.log, "warning", lambda _event, **fields: said.append(fields))
    return said


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::ffff:127.0.0.1", "::1"])
def test_an_address_that_is_no_application_is_never_dialled(upstreams, connect, loop, warnings, address):
    """`url` and `endpoints` with loopback or link-local addresses are refused, and the log says so once."""
    pool = upstreams.get(app(Endpoint(address=address, port=9081)))
    for _ in range(2):
        with pytest.raises(AddressRefused, match=f"{address} "):
            connect(pool)
    assert ([], [address]) == (loop.dials, [it["address"] for it in warnings])


def test_a_name_is_judged_by_what_it_resolves_to_now(upstreams, connect, loop, turns, warnings):
    """An ExternalName to `localhost`, or a name that rebinds to it later, leads nowhere, and its other addresses do."""
    loop.names["app"] = ["127.0.0.1", "10.0.1.1"]
    pool = upstreams.get(app(Endpoint(address="app", port=80)))
    connect(pool)
    assert {"10.0.1.1": 3} == turns(pool, 3)
    loop.names["app"] = ["127.0.0.1"]
    loop.pass_time(31)
    loop.call(pool.next_host, loop.now)
    with pytest.raises(AddressRefused):
        connect(pool)
    assert (["10.0.1.1"], 1) == ([host for host, *_ in loop.dials], len(warnings))
    assert {"upstream": "Service/demo/app", "endpoint": "app", "address": "127.0.0.1", "use": "loopback"} == warnings[0]


@pytest.mark.parametrize(
    ("address", "resolved"), [("127.0.0.1", []), ("fd00:ec2::254", []), ("localhost", ["127.0.0.1", "::1"])]
)
def test_an_upstream_with_an_address_that_may_not_be_connected_to(make_port, address, resolved):
    """A loopback address or the metadata service, also behind a name, gets no byte: 502, with its own reason."""
    port = make_port(endpoints=(Endpoint(address=address, port=9081),))
    port.loop.names[address] = resolved
    client = port.client()
    client.get()
    assert [502] == client.statuses()
    assert [(502, "upstream_address_refused")] == port.outcomes()
    assert ([("Service/demo/app", "address_refused")], []) == (port.observer.errors, port.loop.dials)
