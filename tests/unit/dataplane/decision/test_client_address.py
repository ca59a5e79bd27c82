"""Who asks, by address: through proxies that are trusted, and past those that are not."""

from __future__ import annotations

import ipaddress
import tracemalloc

import pytest

from heads import head, table
from manifests import route, service
from postern_dataplane.decision.client_address import PROXIES_MAX, client_address, number_of_text
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.decision.verification_cache import NullCache

TRUSTED = ("10.0.0.0/8", "fd00::/8")
EMPTY = table(service(), trusted=TRUSTED)


def client(peer, *lists):
    """The client of a request with these fields."""
    fields = [("X-Forwarded-For", value) for value in lists]
    return client_address(head("/", *fields, peer=peer), EMPTY.is_trusted_proxy)


@pytest.mark.parametrize(
    ("peer", "lists", "expected"),
    [
        ("192.0.2.1", ["203.0.113.1"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["203.0.113.1, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.1", "192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.1, 192.0.2.1 , 10.0.0.2,fd00::1"], "192.0.2.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("fd00::1", ["::ffff:10.0.0.2"], "::ffff:10.0.0.2"),
        ("", ["203.0.113.1"], ""),
    ],
)
def test_the_last_address_that_is_no_trusted_proxys_counts(peer, lists, expected):
    """What stands before it is what a client says of itself."""
    assert expected == client(peer, *lists)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("203.0.113.1:4711", "203.0.113.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_port_and_a_zone_are_left_out(written, expected):
    """Some proxies write the port that they saw; a zone means something on their own machine only."""
    assert expected == client("10.0.0.1", written)
    assert number_of_text(expected) is not None


@pytest.mark.parametrize(
    "written",
    [
        "unknown", "_hidden", "203.0.113", "203.0.113.1:x", "203.0.113.1%eth0", "[203.0.113.1", '"203.0.113.1"', ",",
        "203.0.113.1,", "203.0.113.1, ,10.0.0.2", "203.0.113.1, unknown, 10.0.0.2", "0203.0.113.1", "x" * 100_000,
        "203.0.113.1, " + "10.0.0.2, " * PROXIES_MAX + "10.0.0.3",
    ],
)  # fmt: skip
def test_what_is_no_address_is_unknown(written):
    """The next text that looks like an address would be one that the client may have written."""
    found = client("10.0.0.1", written)
    assert number_of_text(found) is None
    assert len(found) < 100


def test_a_unix_socket_has_no_address():
    """Nothing is known of such a client, so that a route with `clients` refuses it."""
    for clients in ({"deny": ["10.0.0.0/8"]}, {"allow": ["0.0.0.0/0", "::/0"]}, {"deny": ["::/0"], "address": "Peer"}):
        decision = decide(head("/", peer=""), table(service(), route(clients=clients)), NullCache(), 0.0)
        assert "client_not_allowed" == decision.denial.reason


def test_addresses_are_asked_before_tokens():
    """A client that may not call learns nothing about tokens, and costs no signature."""
    served = table(service(auth={"jwt": {}}), route(clients={"allow": ["192.0.2.0/24"]}))
    reasons = [
        decide(head("/", peer=peer), served, NullCache(), 0.0).denial.reason for peer in ("192.0.2.1", "203.0.113.1")
    ]
    assert ["missing_token", "client_not_allowed"] == reasons


def test_a_preflight_is_refused_where_all_routes_behind_it_refuse_the_address():
    """Which of several routes takes the request behind it is known only when that comes, and is asked again then."""
    cors = {"allowOrigins": ["https://a.example"]}
    office = {"allow": ["203.0.113.0/24"]}
    by_tenant = [{"name": "x-tenant", "type": "Exact", "value": "a"}]
    asked = (("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET"))
    announced = ("Access-Control-Request-Headers", "x-tenant")
    one = table(service(cors=cors), route(clients=office))
    two = table(service(cors=cors), route("tenant", clients=office, headers=by_tenant), route("other"))
    request = head("/", *asked, announced, method="OPTIONS")
    reasons = [decide(request, served, NullCache(), 0.0).denial.reason for served in (one, two)]
    assert ["client_not_allowed", "cors_preflight"] == reasons


def test_a_refusal_can_be_read_by_the_page_that_asked():
    """It has the fields of CORS, as every answer of the route."""
    served = table(service(), route(clients={"deny": ["192.0.2.0/24"]}, cors={"allowOrigins": ["*"]}))
    decision = decide(head("/", ("Origin", "https://a.example")), served, NullCache(), 0.0)
    assert isinstance(decision, Reject)
    assert (b"Access-Control-Allow-Origin", b"*") in decision.cors


def test_many_addresses_leave_memory_flat():
    """What is remembered of addresses is bounded, also of those that clients make up."""
    served = table(service(), route(clients={"deny": ["192.0.2.0/24"]}), trusted=TRUSTED)

    def ask(count, beginning):
        for number in range(count):
            address = str(ipaddress.IPv4Address(beginning + number))
            decide(head("/", ("X-Forwarded-For", address), peer="10.0.0.1"), served, NullCache(), 0.0)

    ask(10_000, 11 << 24)
    tracemalloc.start()
    ask(20_000, 12 << 24)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 1_500_000
