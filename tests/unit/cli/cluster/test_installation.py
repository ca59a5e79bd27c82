"""What is running in a cluster, as far as the caller may see it."""

from __future__ import annotations

import hashlib

import pytest

from postern_cli.cluster.installation import Leader, read_leader, read_published
from postern_cli.errors import ClusterReadingError

LEASES = "/apis/coordination.k8s.io/v1/namespaces/postern-system/leases/postern-operator"
INDEX = '{"format":1}'
DIGEST = hashlib.sha256(INDEX.encode()).hexdigest()


def lease(renewed, holder="host_1"):
    return {"spec": {"holderIdentity": holder, "leaseDurationSeconds": 10, "renewTime": renewed}}


def index(namespace, gateway="default"):
    labels = {"app.kubernetes.io/managed-by": "postern", "postern.dev/gateway": gateway}
    metadata = {"name": "postern-index", "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"index.json": INDEX}}


def slices(namespace, *endpoints, port=9081):
    metadata = {"name": "s", "namespace": namespace, "labels": {"kubernetes.io/service-name": "postern-admin"}}
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata, "addressType": "IPv4",
        "ports": [{"name": "admin", "port": port}], "endpoints": list(endpoints),
    }  # fmt: skip


def pod(name, address="10.0.0.1"):
    return {"addresses": [address], "targetRef": {"kind": "Pod", "name": name}}


async def published(api, *gateways, given=None, with_others=True, is_direct=False):
    return await read_published(api, gateways, given or {}, with_others=with_others, is_direct=is_direct)


# The server's clock says 06:00:00.
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lease("2026-11-24T05:59:58.000000Z"), (True, "host_1", 2)),
        (lease("2026-11-24T05:59:50.000000Z"), (False, "host_1", 10)),
        (lease("2026-11-24T05:59:58.000000Z", ""), (False, "", 2)),
        (lease("garbage"), (False, "host_1", None)),
        ({}, (False, "", None)),
    ],
)
async def test_a_lease_is_held_while_it_lasts(cluster, api, answer, expected):
    """By the clock of the server, which all of them share."""
    cluster.answers[LEASES] = answer
    leader = await read_leader(api, "postern-system")
    assert expected == (leader.is_held, leader.holder, leader.renewed_s_ago)


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        ('["routes of postern.dev/v1alpha1 in namespace lost: 403 Forbidden"]', 1),
        ("[1]", 0),
        ("garbage", 0),
    ],
)
async def test_what_the_holder_cannot_read_is_on_the_lease(cluster, api, noted, expected):
    """What isn't a list of texts is none of the operator's."""
    metadata = {"annotations": {"postern.dev/unreadable": noted}}
    cluster.answers[LEASES] = lease("2026-11-24T05:59:58.000000Z") | {"metadata": metadata}
    assert expected == len((await read_leader(api, "postern-system")).unreadable)


async def test_a_lease_that_may_not_be_read_is_unknown(cluster, api):
    """One that isn't there is held by nobody."""
    assert Leader("postern-system") == await read_leader(api, "postern-system")
    cluster.refused[LEASES] = 403
    unknown = (await read_leader(api, "postern-system")).unknown
    assert "403 Forbidden: you may not get lease postern-operator there" == unknown


async def test_gateways_are_found_by_their_index(cluster, api):
    """In whatever namespace; the digest is what pods call it by."""
    cluster.put(index("edge", "public"), index("inner", "internal"))
    found = await published(api, "public")
    assert [("internal", "inner", DIGEST), ("public", "edge", DIGEST)] == [
        (it.gateway, it.namespace, it.digest) for it in found
    ]


async def test_others_are_left_out_where_they_are_of_no_interest(cluster, api):
    """Their pods are not even asked."""
    cluster.put(index("edge", "public"), index("inner", "internal"))
    assert ["public"] == [it.gateway for it in await published(api, "public", with_others=False)]
    assert [] == [path for path in cluster.asked if "inner" in path]


async def test_a_gateway_that_is_not_found_is_looked_for_where_it_usually_is(cluster, api):
    """Which takes a right to get one name."""
    cluster.put(index("postern-default"))
    cluster.refused["/api/v1/configmaps"] = 403
    [found] = await published(api, "default")
    assert ("postern-default", DIGEST) == (found.namespace, found.digest)


async def test_a_namespace_may_be_given(cluster, api):
    """A given namespace is used, and nothing is searched for."""
    cluster.put(index("edge"))
    [found] = await published(api, "default", given={"default": "edge"})
    assert ("edge", DIGEST) == (found.namespace, found.digest)


async def test_an_index_that_may_not_be_read_is_unknown(cluster, api):
    """It may be there all the same."""
    cluster.refused |= {"/api/v1/configmaps": 403, "/api/v1/namespaces/postern-default/configmaps": 403}
    [found] = await published(api, "default")
    assert "403 Forbidden: you may not get configmap postern-index there" == found.unknown


async def test_a_search_that_fails_otherwise_is_told(cluster, api):
    """It is nobody's lack of rights."""
    cluster.refused["/api/v1/configmaps"] = 500
    with pytest.raises(ClusterReadingError, match="500"):
        await published(api, "default")


async def test_pods_are_asked_through_the_api_server(cluster, api):
    """Which knows the way, and whether the caller may."""
    cluster.put(index("gw"), slices("gw", pod("a"), pod("b", "10.0.0.2"), pod("c", "10.0.0.3")))
    cluster.answers["/api/v1/namespaces/gw/pods/a:9081/proxy/config"] = {"digest": DIGEST}
    cluster.answers["/api/v1/namespaces/gw/pods/b:9081/proxy/config"] = {"digest": None}
    cluster.refused["/api/v1/namespaces/gw/pods/c"] = 502
    [found] = await published(api)
    told = [("a", DIGEST, ""), ("b", "", ""), ("c", "", "502 Bad Gateway: it gives no answer")]
    assert told == [(it.name, it.digest, it.unknown) for it in found.pods]


async def test_who_may_not_use_the_proxy_is_told_of_the_other_way(cluster, api):
    """The pods are named all the same."""
    cluster.put(index("gw"), slices("gw", pod("a")))
    cluster.refused["/api/v1/namespaces/gw/pods"] = 403
    [found] = await published(api)
    assert "403 Forbidden: you may not get pods/proxy there; see --direct" == found.pods[0].unknown


async def test_who_may_not_list_slices_does_not_see_the_pods(cluster, api):
    """The index is shown all the same."""
    cluster.put(index("gw"))
    cluster.refused["/apis/discovery.k8s.io"] = 403
    [found] = await published(api)
    assert (DIGEST, (), "403 Forbidden: you may not list endpointslices there") == (
        found.digest, found.pods, found.pods_unknown,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "is_direct"), [({"addresses": ["127.0.0.1"]}, False), (pod("a", "127.0.0.1"), True)]
)
async def test_an_address_is_asked_directly(cluster, api, endpoint, is_direct):
    """One that is no pod, for nobody else knows the way; a pod's where that is wanted."""
    port = int(api.configuration.host.rpartition(":")[2])
    cluster.put(index("gw"), slices("gw", endpoint, port=port))
    cluster.answers["/config"] = {"digest": DIGEST}
    [found] = await published(api, is_direct=is_direct)
    assert [(DIGEST, "")] == [(it.digest, it.unknown) for it in found.pods]
    assert [] == [path for path in cluster.asked if "proxy" in path]


async def test_an_address_that_gives_no_answer_is_unknown(cluster, api):
    """Which is no digest."""
    port = int(api.configuration.host.rpartition(":")[2])
    cluster.put(index("gw"), slices("gw", {"addresses": ["127.0.0.1"]}, port=port))
    [found] = await published(api)
    assert [("", "no answer, or its workers differ")] == [(it.digest, it.unknown) for it in found.pods]
