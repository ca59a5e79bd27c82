"""Hosts that are held and not served do not fall to another namespace's wildcard."""

import pytest

from manifests import compiled, ingress, ingress_class, route, service


def refusals(*manifests):
    return {it.hosts: it.refusal for it in compiled(*manifests).snapshot.routes if it.id.startswith("Service/")}


def wide(*hosts, namespace="other"):
    """A Service with a route, of which some hosts are wildcards."""
    created = "2031-01-01T00:00:00Z"
    yield service("wide", namespace, created, hosts=list(hosts))
    yield route("wide", namespace, serviceRef={"name": "wide"})


def held(*hosts):
    """A Service that is older and has no route."""
    return service(created="2030-01-01T00:00:00Z", hosts=list(hosts))


@pytest.mark.parametrize("hosts", [["*.example.com"], ["*.com"], []], ids=str)
@pytest.mark.parametrize("host", ["app.example.com", "*.app.example.com"])
def test_a_host_without_a_route_is_refused_below_another_namespaces_wildcard(host, hosts):
    """Every host counts as one; the refusal names the Service."""
    assert {(host,): "Service default/app has no route for this host"} == refusals(held(host), *wide(*hosts))


def test_many_hosts_of_an_ingress_are_refused_by_several_entries():
    """An Ingress names thousands of hosts, which as one entry would keep a gateway from publishing anything."""
    hosts = [f"{n}.{'.'.join(['h' * 60] * 3)}.example.com" for n in range(2_500)]
    bare = ingress("bare", created="2030-01-01T00:00:00Z", rules=[{"host": host} for host in hosts])
    found = compiled(ingress_class(), bare, *wide("*.example.com")).snapshot.routes
    refused = {it.id: len(it.hosts) for it in found if it.refusal}
    bare_id = "Ingress/default/bare"
    assert {bare_id: 1000, f"{bare_id}/1": 1000, f"{bare_id}/2": 500} == refused


def test_a_wildcard_that_has_no_route_itself_takes_nothing():
    """A wildcard without a route takes no requests, so that none need be refused."""
    [alone, _] = wide("*.example.com")

    assert {} == refusals(held("app.example.com"), alone)


def test_a_wildcard_of_the_same_namespace_takes_what_is_below_it():
    """A namespace can't steal from itself."""
    assert {} == refusals(held("app.example.com"), *wide("*.example.com", namespace="default"))


def test_a_host_with_a_route_needs_no_refusal():
    """It is the most specific one already."""
    assert {} == refusals(held("app.example.com"), route(), *wide("*.example.com"))


def test_a_nearer_wildcard_of_the_namespace_itself_covers_a_host():
    """Requests reach that one and not the other namespace's."""
    own = service("own", created="2030-01-01T00:00:00Z", hosts=["*.example.com"])
    served = route("own", serviceRef={"name": "own"})

    assert {} == refusals(held("app.example.com"), own, served, *wide("*.com"))
