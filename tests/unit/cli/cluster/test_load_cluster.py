"""One reading of a cluster, put together."""

from __future__ import annotations

import manifests
from postern_cli.cluster.load_cluster import read_objects
from postern_cli.sources import Wanted, Where
from postern_core.parse import parse_manifest

EVERY = Wanted(has_use_for_secrets=lambda _: True)


async def test_objects_come_with_what_they_refer_to(serving):
    """The credential's Secret is there, and nothing was left out."""
    read = await read_objects(Where(), EVERY)
    assert "Secret" in {it.ref.kind for it in read.objects}
    assert () == read.left_out.told


async def test_the_folders_references_are_followed(cluster):
    """What is laid over may name other objects than what is there."""
    cluster.put(manifests.consumer())
    over = [parse_manifest(manifests.credential())]
    assert ["/api/v1/namespaces/default/secrets/alice"] == [
        path for path in (await read_objects(Where(), EVERY, over)) and cluster.asked if "secrets" in path
    ]


async def test_one_namespace_is_the_context_s_unless_it_is_named(cluster):
    """One namespace is the context's unless another is named, and only its overlaid objects count."""
    cluster.put(manifests.consumer("a"), manifests.consumer("b", "demo"))
    wanted = Wanted(("Consumer",), is_of_one_namespace=True)
    over = [parse_manifest(manifests.consumer("c", "demo"))]
    here, there = await read_objects(Where(), wanted, over), await read_objects(Where(namespace="demo"), wanted, over)
    assert ("default", ["a"]) == (here.namespace, [it.ref.name for it in here.objects])
    assert ("demo", ["b", "c"]) == (there.namespace, [it.ref.name for it in there.objects])
