"""The `clients` block: what of it is refused, and what becomes of it in the snapshot."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, route, service
from postern_core.snapshot_callers import Clients


def clients_of(service_clients=None, **route_spec):
    """From where the one route of a Service takes requests."""
    spec = {} if service_clients is None else {"clients": service_clients}
    [entry] = compiled(service(**spec), route(**route_spec)).snapshot.routes
    return entry.clients


@pytest.mark.parametrize(
    "network", ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.256", "fe80::1%eth0", "app.example.com", "", "10.0.0.0/8 ", "*"]
)
def test_what_is_no_network_is_refused(network):
    """A network that is misspelt would let in others than those that are meant."""
    for name in ("allow", "deny"):
        assert [f"spec.clients.{name}[0]"] == list(mistakes(service(clients={name: [network]})))
        assert [f"spec.clients.{name}[0]"] == list(mistakes(service(), route(clients={name: [network]})))


@pytest.mark.parametrize("network", ["10.0.0.0/8", "192.0.2.1", "2001:DB8::/32", "::1", "::ffff:10.0.0.0/104"])
def test_networks_and_addresses_are_taken(network):
    """A single address is a network of one."""
    assert {} == mistakes(service(clients={"allow": [network]}))


def test_a_network_is_listed_once():
    """The lists are sets, as the API server has them."""
    wrong = mistakes(service(clients={"deny": ["10.0.0.0/8", "10.0.0.0/8"]}))
    assert ["spec.clients.deny[1]"] == list(wrong)


@pytest.mark.parametrize("clients", [{"allow": []}, {"deny": []}, {"allow": None}, {"allows": ["::/0"]}, [], None])
def test_a_block_that_can_not_be_read_refuses_the_route(clients):
    """An empty list could mean every address or none, so it is refused, and the route answers 503."""
    for documents in ([service(), route(clients=clients)], [service(clients=clients), route()]):
        [entry] = compiled(*documents).snapshot.routes
        assert (True, None) == (bool(entry.refusal), entry.clients)


def test_the_block_of_the_service_holds_until_a_route_has_its_own():
    """A Route's clients replaces the Service's whole, also with one that allows every address."""
    own = {"allow": ["10.0.0.0/8"], "address": "Peer"}
    assert Clients(deny=("::/0",)) == clients_of({"deny": ["::/0"]})
    assert Clients(allow=("10.0.0.0/8",), is_peer=True) == clients_of({"deny": ["::/0"]}, clients=own)
    assert clients_of({"deny": ["::/0"]}, clients={}) is None
    assert clients_of() is None
