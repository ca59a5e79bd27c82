"""What can't be read is carried over as it was published; the golden case shows it in a compilation."""

from __future__ import annotations

import manifests
from postern_core.compile import compile_snapshot
from postern_core.grants import Grants, HostGrant, KeyGrant
from postern_core.link.retained import EMPTY, NOTHING, Retained, namespace_of, retain
from postern_core.parse import Parsed, parse_manifest
from postern_core.ref import Ref
from postern_dataplane.table.routing_table import build_table
from postern_operator.validators import VALIDATORS

LOST = Retained(frozenset({"lost"}))


def parsed(*all_manifests):
    return [parse_manifest(manifest) for manifest in all_manifests]


def test_nothing_is_carried_over_by_default():
    """By default every namespace is compiled, and keeps no grant without a claim."""
    held = {"a.example.com": HostGrant(id="a.example.com", namespace="lost", service="app")}
    assert [False, True, True] == [bool(it) for it in (NOTHING, LOST, Retained(None))]
    assert ({}, held) == (NOTHING.host_grants(held), LOST.host_grants(held))


def test_half_of_a_namespace_is_not_compiled():
    """Of ours; what is Kubernetes' own does nothing by itself."""
    objects = parsed(manifests.route(namespace="lost"), manifests.secret(namespace="lost"), manifests.route())
    assert [("Secret", "lost"), ("Route", "default")] == [
        (it.ref.kind, it.ref.namespace) for it in LOST.others(objects)
    ]
    assert ["Secret"] == [it.ref.kind for it in Retained(None).others(objects)]


def test_an_ingress_waits_for_its_policies():
    """Compiled without the policies of a namespace that can't be read, it would be public."""
    ingress = Parsed(Ref("Ingress", "lost", "web"), None)
    assert () == LOST.others([ingress])
    assert (ingress,) == NOTHING.others([ingress])
    for namespace, others in (("", ()), ("lost", ()), ("other", (ingress,))):
        unread = Retained(without_policies=frozenset({namespace}))
        assert others == unread.others([ingress])
        assert unread


def test_all_sections_are_carried_over_and_only_of_these_namespaces():
    """Each entry says by its id where it comes from."""
    published = manifests.compiled(
        *(manifests.service(namespace=it, hosts=[f"{it}.example.com"], auth={"jwt": {}}) for it in ("a", "b")),
        *(manifests.route(namespace=it) for it in ("a", "b")),
    ).snapshot
    kept = retain(published, {"b"})
    assert {"b"} == {
        namespace_of(it) for it in (*kept.snapshot.routes, *kept.snapshot.policies, *kept.snapshot.backends)
    }
    assert published == retain(published, None).snapshot
    assert EMPTY.routes == retain(published, ()).snapshot.routes


def test_without_anything_published_hosts_and_keys_stay_and_refuse():
    """Nothing is opened to another namespace: its wildcard doesn't take a host that can't be served now."""
    held = Grants(
        {"a.example.com": HostGrant(id="a.example.com", namespace="lost", service="app")},
        {"lost/k": KeyGrant(id="lost/k", credential="alice", since=3)},
    )
    wide = parsed(manifests.service(hosts=["*.example.com"]), manifests.route())
    made = compile_snapshot(wide, inspectors=VALIDATORS, grants=held, retained=LOST)
    assert held.keys == made.grants.keys
    assert held.hosts.items() <= made.grants.hosts.items()
    [refusal] = [it for it in made.snapshot.routes if it.hosts == ("a.example.com",)]
    assert "" != refusal.refusal


def test_a_wildcard_that_comes_later_makes_no_second_entry_of_one_id():
    """A gateway refuses a snapshot with an id twice, so any tenant could have kept it from all later changes."""
    lost = manifests.service(namespace="lost", created="2030-01-01T00:00:00Z", hosts=["a.example.com", "b.example.org"])
    wide = manifests.service("wide", hosts=["*.example.com"]), manifests.route(serviceRef={"name": "wide"})
    published = manifests.compiled(lost, *wide)
    wider = manifests.service("wide", hosts=["*.example.com", "*.example.org"])
    made = compile_snapshot(
        parsed(wider, wide[1]),
        inspectors=VALIDATORS,
        grants=published.grants,
        retained=retain(published.snapshot, {"lost"}),
    )
    [refusal] = [it for it in made.snapshot.routes if it.namespace == "lost"]
    assert ("a.example.com", "b.example.org") == refusal.hosts
    assert 2 == build_table(made.snapshot, "digest").routes
