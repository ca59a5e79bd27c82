"""What is kept of a cluster, what of it is news, and what is forgotten."""

from __future__ import annotations

import asyncio

import pytest

import manifests
from postern_core.ref import Ref
from postern_operator.cluster.watch.object_cache import ObjectCache

SECRET = Ref("Secret", "default", "alice")
WEB = Ref("core/Service", "default", "web")
ROUTE = Ref("Route", "default", "all")


@pytest.fixture
def objects():
    return ObjectCache()


def told(manifest, version, generation=1, uid="u", **rest):
    """An object as the API server has it."""
    metadata = {"resourceVersion": str(version), "generation": generation, "uid": uid}
    if manifest["kind"] == "Secret":
        del metadata["generation"]
    return {**manifest, "metadata": manifest["metadata"] | metadata, **rest}


def slice_of(service, name="web-1", version=1):
    labels = {"kubernetes.io/service-name": service}
    metadata = {"name": name, "namespace": "default", "labels": labels}
    endpoints = [{"addresses": ["10.0.0.1"]}]
    manifest = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata}
    return told(manifest | {"endpoints": endpoints, "ports": [{"port": 80}]}, version)


async def has_news(objects):
    try:
        async with asyncio.timeout(0):
            await objects.wait_changed()
    except TimeoutError:
        return False
    return True


async def test_a_new_object_is_news(objects):
    """It is taken, and told once."""
    assert objects.put(told(manifests.route(), 1))
    assert [True, False] == [await has_news(objects), await has_news(objects)]
    assert [ROUTE] == [parsed.ref for parsed in objects.snapshot()]


def test_a_secret_s_mark_is_news(objects):
    """It may be used for keys from then on, or no more."""
    objects.put(told(manifests.credential(), 1))
    bare = manifests.secret() | {"type": "Opaque"}
    marked = bare | {"metadata": bare["metadata"] | {"labels": {"postern.dev/use": "jwt-key"}}}
    assert [True, False, True, True] == [
        objects.put(told(one, version)) for version, one in enumerate((bare, bare, marked, bare), 2)
    ]


def test_what_a_namespace_allows_is_news(objects):
    """Its label says whether Secrets need a mark."""
    one = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}
    lax = one | {"metadata": one["metadata"] | {"labels": {"postern.dev/unmarked-secrets": "allowed"}}}
    assert [True, True, True] == [objects.put(told(it, version)) for version, it in enumerate((one, lax, one), 2)]


def test_a_status_alone_is_no_news(objects):
    """A changed status keeps the parsed object, and is remembered."""
    objects.put(told(manifests.route(), 1))
    before = objects.snapshot()
    assert not objects.put(told(manifests.route(), 2, status={"observedGeneration": 1}))
    assert before[0] is objects.snapshot()[0]
    assert {"observedGeneration": 1} == objects.get(ROUTE).status


def test_another_generation_is_news(objects):
    """The spec has changed."""
    objects.put(told(manifests.route(), 1))
    assert objects.put(told(manifests.route(methods=["GET"]), 2, generation=2))


def test_an_object_made_anew_is_news(objects):
    """Another uid is another object, of whatever generation."""
    objects.put(told(manifests.route(), 1))
    assert objects.put(told(manifests.route(methods=["GET"]), 2, uid="other"))


def test_what_is_older_than_known_is_not_believed(objects):
    """A list that was slower than a watch changes nothing."""
    objects.put(told(manifests.route(methods=["GET"]), 9, generation=2))
    assert not objects.put(told(manifests.route(), 8))
    assert ("GET",) == objects.get(ROUTE).parsed.resource.spec.methods


def test_a_late_notice_does_not_raise_the_dead(objects):
    """What was gone at version 9 can't be there as of version 8."""
    objects.put(told(manifests.route(), 1))
    assert objects.remove(ROUTE, 9)
    assert not objects.put(told(manifests.route(), 8))
    assert objects.put(told(manifests.route(), 10, uid="other"))


def test_a_late_deletion_hurts_nobody(objects):
    """The object has been made again since."""
    objects.put(told(manifests.route(), 10))
    assert not objects.remove(ROUTE, 9)


def test_a_list_takes_away_what_is_not_in_it(objects):
    """A list removes the objects missing from it, but not later ones, and not those outside its scope."""
    objects.put(told(manifests.route("old"), 1))
    objects.put(told(manifests.route("new"), 9))
    objects.put(told(manifests.route("other", namespace="b"), 1))
    objects.put(told(manifests.consumer(), 1))
    objects.replace("Route", "default", [], 5)
    assert ["alice", "new", "other"] == sorted(parsed.ref.name for parsed in objects.snapshot())


def test_a_secret_that_nothing_names_is_not_kept(objects):
    """Whoever tells of it."""
    assert not objects.put(told(manifests.secret(), 1))
    assert {} == objects.all()


def test_a_secret_is_missing_once_it_is_named(objects):
    """It is asked for once, and then kept."""
    objects.put(told(manifests.credential(), 1))
    assert objects.has_missing.is_set()
    assert [(SECRET,), ()] == [objects.missing(), objects.missing()]
    assert objects.put(told(manifests.secret(), 2))
    assert objects.get(SECRET) is not None


def test_what_is_referenced_is_unfetched_until_the_server_has_answered(objects):
    """Whether it exists or not; a watch may be faster."""
    objects.put(told(manifests.credential(), 1))
    assert [True, True, False] == [objects.is_unfetched(it) for it in ("", "default", "elsewhere")]
    objects.fetched(SECRET)
    assert not objects.is_unfetched("")
    objects.put(told(manifests.credential("bob", keys=[{"secretRef": {"name": "bob", "key": "k"}}]), 2))
    objects.put(told(manifests.secret("bob"), 3))
    assert not objects.is_unfetched("")


def test_a_secret_is_forgotten_with_its_last_name(objects):
    """Two name it, one after the other stops to."""
    objects.put(told(manifests.credential("a"), 1))
    objects.put(told(manifests.credential("b"), 2))
    objects.put(told(manifests.secret(), 3))
    objects.remove(Ref("JWTCredential", "default", "a"), 4)
    assert objects.get(SECRET) is not None
    objects.put(told(manifests.credential("b", keys=[{"secretRef": {"name": "x", "key": "k"}}]), 5, generation=2))
    assert objects.get(SECRET) is None


def test_the_same_data_of_a_secret_is_no_news(objects):
    """A resourceVersion alone changes nothing."""
    objects.put(told(manifests.credential(), 1))
    objects.put(told(manifests.secret(), 2))
    assert not objects.put(told(manifests.secret(), 3))
    assert objects.put(told(manifests.secret(value="f" * 32), 4))


def test_slices_come_and_go_with_their_service(objects):
    """Those of a Service that nobody names are not kept."""
    assert not objects.put(slice_of("web"))
    objects.put(told(manifests.service(upstream={"service": {"name": "web", "port": 80}}), 1))
    assert (WEB,) == objects.missing()
    assert objects.put(slice_of("web", version=2))
    assert not objects.put(slice_of("other", "other-1"))
    objects.remove(Ref("Service", "default", "app"), 3)
    assert {} == objects.all()


def test_a_slice_that_is_given_to_an_unreferenced_service_is_dropped_at_once(objects):
    """An EndpointSlice is relabelled to another Service that no object of ours names: its endpoints go."""
    objects.put(told(manifests.service(upstream={"service": {"name": "web", "port": 80}}), 1))
    objects.put(slice_of("web", version=2))
    assert objects.put(slice_of("elsewhere", version=3))
    assert objects.get(Ref("EndpointSlice", "default", "web-1")) is None
    assert objects.put(slice_of("web", version=4))


def test_a_slice_that_changes_hands_outlives_its_former_service(objects):
    """An EndpointSlice is relabelled from one Service to another; that the first stops being named takes nothing."""
    for version, (name, web) in enumerate([("app", "web"), ("shop", "other")], 1):
        objects.put(told(manifests.service(name, upstream={"service": {"name": web, "port": 80}}), version))
    objects.put(slice_of("web", version=3))
    assert objects.put(slice_of("other", version=4))
    objects.remove(Ref("Service", "default", "app"), 5)
    assert objects.get(Ref("EndpointSlice", "default", "web-1")) is not None
    objects.remove(Ref("Service", "default", "shop"), 6)
    assert {} == objects.all()


def test_only_what_is_known_is_discarded(objects):
    """What stops being wanted is forgotten at once; of what was never kept, nothing is remembered either."""
    objects.put(told(manifests.route(), 2))
    assert [False, False, True] == [
        objects.discard(ref, version) for ref, version in ((WEB, 3), (ROUTE, 1), (ROUTE, 3))
    ]


def test_an_earlier_state_is_believed_once_versions_are_forgotten(objects):
    """The resourceVersion goes back: what is listed then counts, also an edit that has a generation known before."""
    objects.put(told(manifests.route(methods=["GET"]), 9, generation=2))
    objects.put(told(manifests.route("late"), 10))
    objects.remove(Ref("Route", "default", "gone"), 11)
    objects.forget_versions()
    assert objects.put(told(manifests.route(methods=["POST"]), 5, generation=2))
    assert objects.put(told(manifests.route("gone"), 4))
    objects.replace("Route", "", [ROUTE, Ref("Route", "default", "gone")], 6)
    assert ["all", "gone"] == sorted(parsed.ref.name for parsed in objects.snapshot())
    assert ("POST",) == objects.get(ROUTE).parsed.resource.spec.methods


async def test_something_beside_the_objects_may_be_news(objects):
    """Such as that this replica acts from now on."""
    objects.mark_dirty()
    assert await has_news(objects)


def test_services_of_an_ingress_are_wanted_where_its_class_is_ours(objects):
    """Whichever of the two comes first, and no more once the class is gone; what others reference is not kept."""
    tls = Ref("Secret", "default", "site-tls")
    objects.put(told(manifests.ingress(tls=[{"secretName": "site-tls"}]), 1))
    assert not objects.is_referenced(WEB)
    objects.put(told(manifests.ingress_class(), 2))
    assert (True, {WEB, tls}) == (objects.is_referenced(WEB), set(objects.missing()))
    objects.put(told(manifests.kubernetes_service()[0], 3))
    objects.put(told(manifests.ingress_class(controller="k8s.io/ingress-nginx"), 4, generation=2))
    assert (False, None) == (objects.is_referenced(WEB), objects.get(WEB))
    objects.put(told(manifests.ingress_class(), 5, generation=3))
    assert objects.is_referenced(WEB)
    objects.remove(Ref("IngressClass", "default", "postern"), 6)
    assert not objects.is_referenced(WEB)


def test_whose_the_address_of_an_ingress_is_can_be_seen(objects):
    """By the field manager of its status."""
    ref = Ref("Ingress", "default", "site")
    fields = {"f:status": {"f:loadBalancer": {"f:ingress": {}}}}
    for version, manager in enumerate(("nginx", "postern"), 1):
        one = told(manifests.ingress(), version)
        one["metadata"]["managedFields"] = [{"manager": manager, "fieldsV1": fields}, {"manager": manager}]
        objects.put(one)
        assert (manager == "postern") == objects.get(ref).has_our_status
