"""Ingresses on a real API server: served, with addresses in their status and Events about what is wrong, and healed."""

from __future__ import annotations

import json
import subprocess

import pytest

import manifests
import raw
from cluster.build import NotBuilt, built
from cluster.modules import EXTERNAL_DNS
from ingress_installation import application, apply, serving_ingresses, until_event
from installation import own_address

ADDRESS = [{"ip": "192.0.2.10"}]


@pytest.fixture(scope="module")
def bind():
    """An address that EndpointSlices take."""
    return own_address()


@pytest.fixture(scope="module")
def external_dns(kubectl):
    """`external_dns(namespace)`: name, type and targets of the records that external-dns makes of its Ingresses."""
    try:
        program = built(EXTERNAL_DNS, EXTERNAL_DNS.packages, "make cluster-test") / "externaldns"
    except NotBuilt as missing:
        pytest.skip(f"needs {missing}")
    options = ("--source=ingress", "--provider=inmemory", "--registry=noop", f"--kubeconfig={kubectl.kubeconfig}")

    def records(namespace):
        asked = [program, *options, f"--namespace={namespace}"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
        assert 0 == done.returncode, done.stderr
        made = [json.loads(line) for line in done.stdout.splitlines()]
        return sorted((it["dnsName"], it["recordType"], it["targets"]) for it in made)

    return records


@pytest.fixture(scope="module")
def tenants(crds, kubectl, tmp_path_factory):
    """An operator that serves Ingresses, and an IngressClass of another controller."""
    with serving_ingresses(kubectl, tmp_path_factory.mktemp("installation"), "one", "two") as found:
        apply(kubectl, foreign_class())
        yield found
        kubectl("delete", "ingressclass", "foreign", check=True)


def foreign_class():
    return manifests.ingress_class("foreign", controller="example.com/other")


def address_of(kubectl, namespace, name="site"):
    return kubectl.get("ingress", name, namespace).get("status", {}).get("loadBalancer", {}).get("ingress", [])


def test_an_ingress_is_served_and_has_an_address_until_it_leaves_our_class(tenants, kubectl, upstream):
    """The address is taken back then, and that of another controller is left alone."""
    made, [one, _] = tenants
    apply(kubectl, *application(upstream, one), manifests.ingress(namespace=one, host="plain.example.com"))
    made.until_status(200, "plain.example.com", "/")
    raw.until(lambda: address_of(kubectl, one) == ADDRESS, "the address")

    foreign = manifests.ingress(namespace=one, host="plain.example.com", ingressClassName="foreign")
    apply(kubectl, foreign)
    made.until_status(404, "plain.example.com", "/")
    raw.until(lambda: address_of(kubectl, one) == [], "no address")
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.7"}]}}}
    kubectl(
        "patch", "ingress", "site", f"-n{one}", "--subresource=status", "--type=merge", "-p", json.dumps(status),
        check=True,
    )  # fmt: skip
    apply(kubectl, manifests.ingress("next", namespace=one, host="n.x"))
    raw.until(lambda: address_of(kubectl, one, "next") == ADDRESS, "a later address")
    assert [{"ip": "198.51.100.7"}] == address_of(kubectl, one)


def test_what_is_wrong_is_an_event_and_heals_by_itself(tenants, kubectl, upstream):
    """A Service, a port and a policy that come later: the Ingress is not touched."""
    made, [_, two] = tenants
    paths = [manifests.ingress_path("/late", service="late"), manifests.ingress_path("/good")]
    policy = {"postern.dev/jwt-policy": "later"}
    guarded = manifests.ingress("guarded", namespace=two, host="guarded.example.com", annotations=policy)
    site = manifests.ingress("site", *paths, namespace=two, host="heals.example.com")
    apply(kubectl, *application(upstream, two), site, guarded)
    until_event(kubectl, two, "site", "UpstreamNotFound")
    until_event(kubectl, two, "guarded", "PolicyNotFound")
    made.until_status(200, "heals.example.com", "/good")
    assert (503, 503) == (made.get("heals.example.com", "/late").status, made.get("guarded.example.com", "/").status)

    apply(kubectl, *application(upstream, two, "late"), manifests.jwt_policy("later", two))
    made.until_status(200, "heals.example.com", "/late")
    made.until_status(401, "guarded.example.com", "/")
    until_event(kubectl, two, "site", "Programmed")
    until_event(kubectl, two, "guarded", "Programmed")


def test_an_annotation_that_restricts_refuses_until_it_is_gone(tenants, kubectl, upstream):
    """An edit of an annotation changes no generation, and counts all the same."""
    made, [one, _] = tenants
    where = {"namespace": one, "host": "closed.example.com"}
    auth = {"nginx.ingress.kubernetes.io/auth-url": "http://auth.example.com"}
    apply(kubectl, *application(upstream, one), manifests.ingress("closed", **where, annotations=auth))
    made.until_status(503, "closed.example.com", "/")
    until_event(kubectl, one, "closed", "Invalid")
    kubectl("annotate", "ingress", "closed", f"-n{one}", f"{next(iter(auth))}-", check=True)
    made.until_status(200, "closed.example.com", "/")
    until_event(kubectl, one, "closed", "Programmed")


def test_of_two_ingresses_with_one_host_the_first_namespace_has_it(tenants, kubectl, upstream):
    """The other has an Event, and gets the host when it is free."""
    made, [one, two] = tenants
    apply(kubectl, *application(upstream, one), manifests.ingress("first", namespace=one, host="host.example.com"))
    made.until_status(200, "host.example.com", "/")
    path = manifests.ingress_path("/two")
    apply(
        kubectl, *application(upstream, two), manifests.ingress("second", path, namespace=two, host="host.example.com")
    )
    until_event(kubectl, two, "second", "HostConflict")
    kubectl("delete", "ingress", "first", f"-n{one}", check=True)
    made.until_status(404, "host.example.com", "/")
    made.until_status(200, "host.example.com", "/two")
    until_event(kubectl, two, "second", "Programmed")


def test_external_dns_makes_records_of_what_is_served(tenants, kubectl, upstream, external_dns):
    """Its own code reads the hosts of an Ingress, and the operator's address, which one that is not served lacks."""
    _, [one, two] = tenants
    for host in ("dns.example.com", "*.dns.example.com"):
        name = "named" if host[0] == "d" else "wild"
        apply(kubectl, *application(upstream, one), manifests.ingress(name, namespace=one, host=host))
        raw.until(lambda name=name: address_of(kubectl, one, name) == ADDRESS, f"the address of {name}")
    apply(kubectl, *application(upstream, two), manifests.ingress("late", namespace=two, host="dns.example.com"))
    until_event(kubectl, two, "late", "HostConflict")

    found = [it for it in external_dns(one) if it[0].endswith("dns.example.com")]
    assert [(host, "A", ["192.0.2.10"]) for host in ("*.dns.example.com", "dns.example.com")] == found
    assert "dns.example.com" not in [name for name, *_ in external_dns(two)]
