"""What is written of Ingresses: their addresses, and Events about what is wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import manifests
from postern_core.ref import Ref
from postern_operator.build import GatewayBuild
from postern_operator.cluster.rollout.generation_ledger import GenerationLedger
from postern_operator.cluster.status.ingress_sync import is_among
from postern_operator.cluster.status.status_sync import GatewayView, StatusSync
from postern_operator.cluster.watch.object_cache import ObjectCache

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ADDRESS = [{"ip": "192.0.2.1"}]
OURS = [
    {"manager": "kubectl", "fieldsV1": {"f:spec": {}}},
    {"manager": "postern", "subresource": "status", "fieldsV1": {"f:status": {"f:loadBalancer": {"f:ingress": {}}}}},
]


class Cluster:
    """Objects, their builds and what is to be written."""

    def __init__(self, *objects, addresses=ADDRESS):
        self.objects = ObjectCache()
        self.sync = StatusSync(lambda _: addresses)
        self._version = 0
        for one in objects:
            self.put(one)

    def put(self, manifest, **rest):
        self._version += 1
        name = manifest["metadata"]["name"]
        metadata = {"resourceVersion": str(self._version), "uid": f"uid-{name}", "generation": self._version}
        metadata |= rest.pop("metadata", {})
        self.objects.put({**manifest, "metadata": manifest["metadata"] | metadata, **rest})

    def found(self):
        built = GatewayBuild("default", gateways=["default"]).run(self.objects.snapshot())
        ledger = GenerationLedger()
        ledger.compiled(built.encoded.digest, built.objects)
        ledger.serving([built.encoded.digest])
        return self.sync.find(self.objects.all(), [GatewayView(built, ledger)], NOW)

    def changes(self):
        return [(it.ref.name, it.status) for it in self.found().changes]

    def events(self):
        return [(it.ref.name, it.type, it.reason) for it in self.found().events]


def status(*addresses):
    return {"loadBalancer": {"ingress": list(addresses)}}


@pytest.fixture
def cluster():
    return Cluster(manifests.ingress_class(), manifests.ingress(), *manifests.kubernetes_service())


def test_an_ingress_has_the_addresses_of_its_gateway(cluster):
    """As external-dns reads them; once they are there nothing is written."""
    assert [("site", status(*ADDRESS))] == cluster.changes()
    cluster.put(manifests.ingress(), status=status(*ADDRESS))
    assert [] == cluster.changes()


def test_an_ingress_of_another_class_is_left_alone(cluster):
    """Its address is that of another controller."""
    others = manifests.ingress(ingressClassName="nginx")
    cluster.put(others, status=status({"ip": "198.51.100.7"}))
    assert [] == cluster.changes()


def test_the_address_goes_when_an_ingress_leaves_our_class(cluster):
    """What the operator has written, and nothing else."""
    cluster.put(manifests.ingress(ingressClassName="nginx"), status=status(*ADDRESS), metadata={"managedFields": OURS})
    assert [("site", {})] == cluster.changes()


def test_a_service_without_an_address_takes_it_back():
    """An address that nothing answers at is worse than none."""
    cluster = Cluster(manifests.ingress_class(), manifests.ingress(), addresses=[])
    assert [] == cluster.changes()
    cluster.put(manifests.ingress(), status=status(*ADDRESS), metadata={"managedFields": OURS})
    assert [("site", {})] == cluster.changes()
    cluster.put(manifests.ingress(), status=status(*ADDRESS))
    assert [] == cluster.changes()


def test_an_ingress_that_has_no_host_of_its_own_has_no_address(cluster):
    """Nothing of it is served."""
    cluster.found()
    cluster.put(manifests.ingress("other", namespace="other"))
    assert ["site"] == [name for name, _ in cluster.changes()]


BAD = [
    (manifests.ingress(ingressClassName="missing"), "IngressClassNotFound",
     [manifests.ingress_class("missing"), *manifests.kubernetes_service()]),
    (manifests.ingress("site", manifests.ingress_path(service="late")), "UpstreamNotFound",
     manifests.kubernetes_service("late")),
    (manifests.ingress("site", manifests.ingress_path(port=8080)), "UpstreamNotFound",
     manifests.kubernetes_service(ports=[{"port": 8080}])),
    (manifests.ingress(annotations={"postern.dev/jwt-policy": "late"}), "PolicyNotFound",
     [manifests.jwt_policy("late")]),
]  # fmt: skip


@pytest.mark.parametrize(("ingress", "reason", "others"), BAD)
def test_what_is_wrong_is_an_event_once_and_so_is_its_end(cluster, ingress, reason, others):
    """It ends by another object, without an edit of the Ingress."""
    cluster.put(ingress)
    assert [("site", "Warning", reason)] == cluster.events()
    assert [] == cluster.events()
    for one in others:
        cluster.put(one)
    assert [("site", "Normal", "Programmed")] == cluster.events()
    assert [] == cluster.events()


def test_a_class_for_a_gateway_that_is_not_there_is_an_event_once_and_so_is_its_end(cluster):
    """Nothing serves the Ingress then, and it has no address."""
    inner = {"annotations": {"postern.dev/gateway": "inner"}}
    cluster.put(manifests.ingress_class(**inner))
    [event] = cluster.found().events
    assert ("site", "Warning", "GatewayNotFound") == (event.ref.name, event.type, event.reason)
    assert "IngressClass postern is for the gateway inner, which this operator does not have" in event.note
    assert ([], []) == (cluster.events(), cluster.changes())
    cluster.put(manifests.ingress_class())
    assert [("site", "Normal", "Programmed")] == cluster.events()


def test_the_address_goes_when_its_class_goes():
    """An IngressClass is deleted before `--ingress` is switched off, with which the right to write statuses goes."""
    taken = Cluster(manifests.ingress(), *manifests.kubernetes_service())
    taken.put(manifests.ingress(), status=status(*ADDRESS), metadata={"managedFields": OURS})
    assert [("site", {})] == taken.changes()


def test_a_warning_is_an_event_once_and_so_is_its_end(cluster):
    """A path that an older Ingress takes has no other place where a cluster would say so."""
    cluster.put(manifests.ingress("younger", created="2031-01-01T00:00:00Z"))
    cluster.put(manifests.ingress(created="2030-01-01T00:00:00Z"))
    [event] = cluster.found().events
    assert ("younger", "Warning", "Warning") == (event.ref.name, event.type, event.reason)
    assert event.note.startswith("spec: is never reached: Ingress default/site takes all of its requests first")
    assert [] == cluster.events()
    cluster.put(manifests.ingress(host="other.example.com"))
    assert [("younger", "Normal", "Programmed")] == cluster.events()


def test_what_ends_by_itself_is_no_event_of_an_ingress(cluster):
    """An application without a ready endpoint has one in a moment."""
    cluster.put(manifests.ingress("site", manifests.ingress_path(service="empty")))
    cluster.put(manifests.kubernetes_service("empty")[0])
    assert [] == cluster.events()


def test_an_edit_ends_what_an_annotation_refuses(cluster):
    """Annotations change no generation."""
    cluster.put(manifests.ingress(annotations={"postern.dev/typo": "x"}), metadata={"generation": 2})
    assert [("site", "Warning", "Invalid")] == cluster.events()
    cluster.put(manifests.ingress(), metadata={"generation": 2})
    assert [("site", "Normal", "Programmed")] == cluster.events()


def test_an_entry_of_an_ingress_is_known_by_its_beginning():
    """Its ids say which path they are."""
    ref = Ref("Ingress", "default", "site")
    ids = ("Ingress/default/site/0/1", "Ingress/default/site", "Ingress/default/site2/0/1")
    assert [True, True, False] == [is_among(ref, frozenset([it])) for it in ids]


def test_thousands_of_ingresses_look_at_thousands_of_ids_once():
    """Where a quota refuses all entries, each pass over the statuses would otherwise hold the event loop."""
    looked = []

    class Ids(frozenset):
        def __iter__(self):
            looked.append(1)
            return super().__iter__()

    refs = [Ref("Ingress", "default", f"site{number}") for number in range(100)]
    ids = Ids(f"{ref.id}/0/0" for ref in refs)
    assert all(is_among(ref, ids) for ref in refs)
    assert [1] == looked
