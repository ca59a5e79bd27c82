"""What our objects refer to, read one by one."""

from __future__ import annotations

import manifests
from postern_cli.cluster.fetch_references import fetch_references
from postern_core.parse import parse_manifest
from postern_core.ref import Ref

SECRET = Ref("Secret", "default", "alice")


def parsed(*documents):
    return [parse_manifest(it) for it in documents]


async def test_a_secret_is_read_where_it_is_of_use(serving, api):
    """A Secret is read only for a command that needs it; else neither it nor a list of Secrets is."""
    unread = await fetch_references(api, parsed(manifests.credential()), lambda _: False)
    assert ((), frozenset({SECRET}), []) == (unread.objects, unread.unasked, serving.asked)
    read = await fetch_references(api, parsed(manifests.credential()), lambda _: True)
    assert [SECRET] == [it.ref for it in read.objects]
    assert ["/api/v1/namespaces/default/secrets/alice"] == serving.asked


async def test_what_is_among_the_objects_is_not_read(serving, api):
    """A folder's own Secret is the one that counts."""
    await fetch_references(api, parsed(manifests.credential(), manifests.secret()), lambda _: True)
    assert [] == serving.asked


async def test_what_is_not_there_is_not_there(cluster, api):
    """Which is no refusal."""
    read = await fetch_references(api, parsed(manifests.credential()), lambda _: True)
    assert ((), {}, frozenset()) == (read.objects, read.refused, read.unasked)


async def test_a_refusal_is_noted(cluster, api):
    """Whether the object exists is not known then."""
    cluster.refused["/api/v1/namespaces/default/secrets"] = 403
    read = await fetch_references(api, parsed(manifests.credential()), lambda _: True)
    assert {SECRET: "403 Forbidden"} == read.refused


async def test_a_service_comes_with_its_slices(cluster, api):
    """Those of other Services stay where they are."""
    cluster.put({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}})
    for name in ("web", "other"):
        labels = {"kubernetes.io/service-name": name}
        metadata = {"name": f"{name}-1", "namespace": "default", "labels": labels}
        cluster.put({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata})
    service = manifests.service(upstream={"service": {"name": "web", "port": 80}})
    read = await fetch_references(api, parsed(service), lambda _: False)
    assert [("core/Service", "web"), ("EndpointSlice", "web-1")] == [(it.ref.kind, it.ref.name) for it in read.objects]
