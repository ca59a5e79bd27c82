"""Our kinds, wherever the caller may list them."""

from __future__ import annotations

import pytest

import manifests
from postern_cli.cluster.list_resources import list_resources
from postern_cli.errors import ClusterReadingError
from postern_core.kinds import KINDS

KINDS = tuple(KINDS)
GROUP = "/apis/postern.dev/v1alpha1"


def names(ours):
    return [(it["kind"], it["metadata"].get("namespace", ""), it["metadata"]["name"]) for it in ours.manifests]


def namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


async def test_everything_is_listed_everywhere(cluster, connection):
    """With the namespaces, of which a warning may speak."""
    cluster.put(namespace("a"), manifests.route("x", "a"), manifests.consumer("y", "b"))
    ours = await list_resources(connection, KINDS, "")
    assert [("Namespace", "", "a"), ("Route", "a", "x"), ("Consumer", "b", "y")] == names(ours)
    assert ({}, ()) == (ours.namespaces, ours.refusals)


async def test_one_namespace_takes_no_right_elsewhere(cluster, connection):
    """Nothing else is asked for than what is in it, and its Namespace itself."""
    cluster.put(manifests.route("x", "a"), manifests.route("y", "b"))
    ours = await list_resources(connection, KINDS, "a")
    assert [("Route", "a", "x")] == names(ours)
    assert [] == [path for path in cluster.asked if "/namespaces/a/" not in f"{path}/"]


async def test_one_namespace_is_read_itself_where_its_label_allows_unmarked_secrets(cluster, connection):
    """Any other is left out, because then no namespace is known to be the only one."""
    lax = namespace("lax") | {"metadata": {"name": "lax", "labels": {"postern.dev/unmarked-secrets": "allowed"}}}
    cluster.put(lax, namespace("a"))
    assert [("Namespace", "", "lax")] == names(await list_resources(connection, KINDS, "lax"))
    assert [] == names(await list_resources(connection, KINDS, "a"))


async def test_a_namespace_that_may_not_be_read_hides_what_its_secrets_are_for(cluster, connection):
    """A Secret without a mark is neither right nor wrong then."""
    cluster.put(manifests.route("x", "a"))
    cluster.refused = {"/api/v1/namespaces/a": 403}
    ours = await list_resources(connection, KINDS, "a")
    assert (frozenset(), ()) == (ours.namespaces["Namespace"], ours.refusals)


async def test_who_may_not_list_everywhere_gets_every_namespace_that_he_may(cluster, connection):
    """Without the right to list everywhere, each allowed namespace is read, and missing kinds are named."""
    cluster.put(namespace("a"), namespace("b"), manifests.route("x", "a"), manifests.route("y", "b"))
    cluster.refused = {f"{GROUP}/routes": 403, f"{GROUP}/namespaces/b/routes": 403}
    ours = await list_resources(connection, KINDS, "")
    assert [("Route", "a", "x")] == [it for it in names(ours) if it[0] == "Route"]
    assert ({"Route": frozenset({"a"})}, ("Route of b (403 Forbidden)",)) == (ours.namespaces, ours.refusals)


async def test_who_may_not_list_namespaces_gets_his_own(cluster, connection):
    """The context's, as from kubectl."""
    cluster.put(manifests.route("x"), manifests.route("y", "b"))
    cluster.refused = {"/api/v1/namespaces": 403} | {f"{GROUP}/{it}": 403 for it in ("services", "routes", "consumers")}
    ours = await list_resources(connection, ("Service", "Route"), "")
    assert [("Route", "default", "x")] == names(ours)
    told = [f"{kind} of all namespaces but default (403 Forbidden)" for kind in ("Service", "Route")]
    assert told == list(ours.refusals)


async def test_who_may_list_nothing_is_told(cluster, connection):
    """With the right to ask for."""
    cluster.refused[GROUP] = 403
    with pytest.raises(ClusterReadingError, match=r"you may not list routes\.postern\.dev in namespace a .*`list`"):
        await list_resources(connection, ("Route",), "a")


async def test_a_cluster_without_our_kinds_is_told(cluster, connection):
    """A 404 of a list means that the kind is not installed."""
    cluster.refused[f"{GROUP}/services"] = 404
    with pytest.raises(ClusterReadingError, match=r"no kind services\.postern\.dev; install the kinds of crds/ first"):
        await list_resources(connection, KINDS, "")


async def test_another_refusal_is_told_as_it_is(cluster, connection):
    """Nothing is guessed about it."""
    cluster.refused[f"{GROUP}/services"] = 500
    with pytest.raises(ClusterReadingError, match="refuses a list of services: 500"):
        await list_resources(connection, KINDS, "")
