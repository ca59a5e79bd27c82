"""The Ingresses of our classes, wherever the caller may list them."""

from __future__ import annotations

import manifests
from postern_cli.cluster.list_ingresses import list_ingresses

INGRESSES = "/apis/networking.k8s.io/v1/ingresses"


def names(listed):
    return [one["metadata"]["name"] for one, _ in listed.ingresses]


async def test_only_ingresses_of_our_classes_are_listed(cluster, connection):
    """Each with its class."""
    foreign = manifests.ingress_class("nginx", controller="k8s.io/ingress-nginx")
    cluster.put(manifests.ingress_class(), foreign, manifests.ingress("ours"))
    cluster.put(manifests.ingress("others", ingressClassName="nginx"))
    listed = await list_ingresses(connection, "")
    assert (["ours"], 3) == (names(listed), len(listed.manifests))
    assert "default" == listed.ingresses[0][1].gateway


async def test_without_a_class_no_ingress_is_asked_for(cluster, connection):
    """A cluster without them takes no right on Ingresses."""
    assert () == (await list_ingresses(connection, "")).manifests
    assert INGRESSES not in cluster.asked


async def test_ingresses_that_may_not_be_listed_are_named(cluster, connection):
    """What is missing from an answer is said."""
    cluster.put(manifests.ingress_class())
    cluster.refused = {INGRESSES: 403, "/apis/networking.k8s.io/v1/namespaces/a/ingresses": 403}
    assert ("Ingress of all namespaces (403 Forbidden)",) == (await list_ingresses(connection, "")).refusals
    assert ("Ingress of a (403 Forbidden)",) == (await list_ingresses(connection, "a")).refusals
