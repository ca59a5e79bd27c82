"""A cluster is read again: what our objects refer to is asked for when it is new, and now and then."""

from __future__ import annotations

import manifests
from postern_console.cluster import cluster_reader
from postern_console.cluster.cluster_reader import ClusterReader
from postern_core.link.shares import DEFAULT_SHARE
from postern_core.ref import Ref

BACKEND = {"upstream": {"service": {"name": "web", "port": 80}}}
BACKEND_PATH = "/api/v1/namespaces/default/services/web"


async def test_what_is_referred_to_is_read_once(objects, cluster, monkeypatch):
    """A Service that ours names is read once, and again after a while."""
    cluster.put(manifests.service("b", hosts=["b.example.com"], **BACKEND))
    reader, connection = ClusterReader("", DEFAULT_SHARE), await objects._session.connection()
    first = await reader.read(connection)
    assert (1, first) == (cluster.asked.count(BACKEND_PATH), await reader.read(connection))
    assert Ref("Service", "default", "b") in first.state.by_object
    web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}}
    cluster.put({**web, "spec": {"ports": [{"port": 80}]}})
    monkeypatch.setattr(cluster_reader, "REFERENCES_S", 0.0)
    state = (await reader.read(connection)).state
    assert [] == [it for it in state.by_object[Ref("Service", "default", "b")] if it.severity == "error"]


async def test_what_the_compiler_says_is_not_said_twice(objects, cluster):
    """The compiler's words have a field; the operator's are shown where it alone knows, as of Secrets."""
    cluster.put(
        manifests.route("lost", serviceRef={"name": "gone"}),
        {**manifests.consumer("bad"), "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "X"}]}},
    )
    state = (await ClusterReader("", DEFAULT_SHARE).read(await objects._session.connection())).state
    assert ["spec.serviceRef"] == [it.field for it in state.by_object[Ref("Route", "default", "lost")]]
    assert "the operator says: X" in [it.message for it in state.by_object[Ref("Consumer", "default", "bad")]]


async def test_one_namespace_is_read_alone(objects, cluster):
    """With a namespace no list is of others, and the state names it."""
    reading = await ClusterReader("empty", DEFAULT_SHARE).read(await objects._session.connection())
    assert ({}, True) == (reading.state.objects, reading.state.cluster.endswith(", namespace empty"))


async def test_a_password_in_the_address_of_the_api_server_is_on_no_page(objects, cluster):
    """A kubeconfig may have one in its URL, and every page's state names the cluster."""
    connection = await objects._session.connection()
    configuration = connection.api.configuration
    configuration.api_key, configuration.host = {}, configuration.host.replace("//", "//admin:pa55@")
    reading = await ClusterReader("", DEFAULT_SHARE).read(connection)
    assert reading.state.cluster.startswith("http://...@127.0.0.1")


async def test_an_ingress_of_our_class_is_read_with_what_it_names(objects, cluster):
    """Those of other classes are no concern of the console, and none is written."""
    cluster.put(
        manifests.ingress_class(), manifests.ingress("shop"), manifests.ingress("other", ingressClassName="nginx")
    )
    reading = await ClusterReader("", DEFAULT_SHARE).read(await objects._session.connection())
    assert ["shop"] == [ref.name for ref in reading.state.objects if ref.kind == "Ingress"]
    assert "/api/v1/namespaces/default/services/web" in cluster.asked
    assert "error" in {it.severity for it in reading.state.by_object[Ref("Ingress", "default", "shop")]}
