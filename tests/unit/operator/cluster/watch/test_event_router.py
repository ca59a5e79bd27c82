"""What a stream reads goes to who wants it."""

from __future__ import annotations

import pytest

import manifests
from postern_core.publication import shard_object
from postern_core.ref import Ref
from postern_operator.cluster.api.reader import PartialObject
from postern_operator.cluster.watch.event_router import FanOutFeed, ObjectFeed, PodFeed, PublishedFeed
from postern_operator.cluster.watch.object_cache import ObjectCache

A, B = (shard_object(64 * it) for it in "ab")
SECRET = Ref("Secret", "default", "alice")


class Publisher:
    """Says that everything must be mended."""

    def __init__(self):
        self.heard = []

    def observe(self, manifest, *, is_deleted=False):
        self.heard.append((manifest["metadata"]["name"], is_deleted))
        return True


def secret(name="alice", namespace="default", version="5"):
    manifest = manifests.secret(name, namespace)
    return {**manifest, "metadata": manifest["metadata"] | {"resourceVersion": version, "uid": name}}


def admin_slice(namespace="gw", name="s", version="5", address="10.0.0.1", service="postern-admin"):
    labels = {"kubernetes.io/service-name": service}
    metadata = {"name": name, "namespace": namespace, "labels": labels, "resourceVersion": version}
    kind = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"}
    return {**kind, "metadata": metadata, "endpoints": [{"addresses": [address]}]}


def heading(manifest):
    metadata = manifest["metadata"]
    return PartialObject(
        metadata["name"], metadata["namespace"],
        resource_version=metadata.get("resourceVersion", ""), labels=metadata.get("labels", {}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "is_wanted"),
    [("Secret", "alice", True), ("Secret", "bob", False), ("ConfigMap", "alice", False), ("Namespace", "x", True)],
)
def test_only_what_is_named_is_wanted(kind, name, is_wanted):
    """Of the kinds that are referred to."""
    objects = ObjectCache()
    objects.put(manifests.credential())
    assert is_wanted == ObjectFeed(kind, objects).is_wanted(PartialObject(name, "default"))


def test_objects_come_and_go():
    """By an event, and by not being in a list any more."""
    objects = ObjectCache()
    objects.put(manifests.credential())
    feed = ObjectFeed("Secret", objects)
    feed.put(secret())
    feed.remove(PartialObject("alice", "default", resource_version="6"))
    assert objects.get(SECRET) is None
    feed.put(secret(version="7"))
    feed.listed("", [], "8")
    assert objects.get(SECRET) is None


def test_a_publisher_hears_of_its_own_namespace():
    """A publisher is notified of changes in its own namespace, with the name of the changed object."""
    publisher, mended = Publisher(), []
    feed = PublishedFeed("Secret", {"gw": publisher}, mended.append)
    assert [True, False, False] == [feed.is_wanted(PartialObject(*it)) for it in ((A, "gw"), (A, "x"), ("other", "gw"))]
    feed.put(secret(A, "gw"))
    feed.put(secret(B, "gw"))
    feed.listed("", [PartialObject(B, "gw")], "9")
    feed.remove(PartialObject(B, "gw"))
    assert [(A, False), (B, False), (A, True), (B, True)] == publisher.heard
    assert 4 * ["gw"] == mended


def test_slices_of_a_gateway_s_pods_are_kept():
    """A change of address is told, a resourceVersion alone is not, and an older notice isn't believed."""
    changed = []
    feed = PodFeed(("gw",), changed.append)
    feed.put(admin_slice())
    feed.put(admin_slice(version="6"))
    feed.put(admin_slice(version="4", address="10.0.0.9"))
    assert ["gw"] == changed
    feed.put(admin_slice(version="7", address="10.0.0.2"))
    [parsed] = feed.slices_of("gw")
    assert ("10.0.0.2",) == parsed.resource.endpoints[0].addresses
    feed.listed("gw", [], "8")
    assert ((), 3) == (feed.slices_of("gw"), len(changed))


def test_a_slice_that_is_gone_is_told():
    """Of a gateway's pods, and of nobody else's."""
    changed = []
    feed = PodFeed(("gw",), changed.append)
    feed.put(admin_slice())
    feed.remove(heading(admin_slice(namespace="x")))
    feed.remove(heading(admin_slice()))
    assert ["gw", "gw"] == changed


def test_a_slice_that_is_no_longer_of_the_admin_service_is_dropped():
    """An EndpointSlice is relabelled to another Service: its pods are not asked any more, and an older notice stays."""
    changed = []
    feed = FanOutFeed(ObjectFeed("EndpointSlice", ObjectCache()), PodFeed(("gw",), changed.append))
    feed.put(admin_slice())
    feed.discard(heading(admin_slice(version="4", service="elsewhere")))
    assert ["gw"] == changed
    feed.discard(heading(admin_slice(version="6", service="elsewhere")))
    feed.put(admin_slice(version="7"))
    feed.put(admin_slice(version="8", service="elsewhere"))
    assert 4 * ["gw"] == changed


def test_slices_of_an_earlier_state_are_believed_once_versions_are_forgotten():
    """The resourceVersion goes back."""
    feed = PodFeed(("gw",), lambda _: None)
    feed.put(admin_slice(version="9"))
    feed.forget_versions()
    feed.put(admin_slice(version="4", address="10.0.0.9"))
    [parsed] = feed.slices_of("gw")
    assert ("10.0.0.9",) == parsed.resource.endpoints[0].addresses


def test_together_each_gets_what_it_wants():
    """One stream, two feeds."""
    objects, publisher = ObjectCache(), Publisher()
    objects.put(manifests.credential())
    feed = FanOutFeed(ObjectFeed("Secret", objects), PublishedFeed("Secret", {"gw": publisher}, lambda _: None))
    for manifest in (secret(), secret(A, "gw"), secret("bob")):
        if feed.is_wanted(heading(manifest)):
            feed.put(manifest)
    feed.listed("", [heading(secret())], "9")
    feed.remove(heading(secret(version="10")))
    assert [(A, False), (A, True)] == publisher.heard
    assert objects.get(SECRET) is None
