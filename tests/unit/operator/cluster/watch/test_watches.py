"""What is read from a cluster, where, and who hears of it."""

from __future__ import annotations

import asyncio

import pytest

import manifests
from fake_lists import FakeLists, serving
from postern_core.ref import Ref
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.settings import Gateway, Settings
from postern_operator.cluster.watch.event_router import PodFeed, PublishedFeed
from postern_operator.cluster.watch.gateway_services import GatewayServices
from postern_operator.cluster.watch.kopf_watch import KopfThread
from postern_operator.cluster.watch.object_cache import ObjectCache
from postern_operator.cluster.watch.watches import Watches

EVERYWHERE = [
    *(f"/apis/postern.dev/v1alpha1/{kind}" for kind in ("consumers", "jwtcredentials", "routes")),
    *(f"/apis/postern.dev/v1alpha1/{kind}" for kind in ("jwtpolicies", "services", "tokenissuers")),
    *(f"/api/v1/{kind}" for kind in ("configmaps", "namespaces", "secrets", "services")),
    "/apis/discovery.k8s.io/v1/endpointslices",
]
IN_ONE = [
    *(f"/apis/postern.dev/v1alpha1/namespaces/a/{kind}" for kind in ("consumers", "jwtcredentials", "routes")),
    *(f"/apis/postern.dev/v1alpha1/namespaces/a/{kind}" for kind in ("jwtpolicies", "services", "tokenissuers")),
    *(f"/api/v1/namespaces/{it}/{kind}" for kind in ("configmaps", "secrets") for it in ("a", "gw")),
    "/api/v1/namespaces/a/services",
    *(f"/apis/discovery.k8s.io/v1/namespaces/{it}/endpointslices" for it in ("a", "gw")),
]


INGRESSES = ["/apis/networking.k8s.io/v1/ingressclasses", "/apis/networking.k8s.io/v1/ingresses"]
INGRESSES_IN_ONE = [INGRESSES[0], "/apis/networking.k8s.io/v1/namespaces/a/ingresses", "/api/v1/namespaces/gw/services"]


def watches(api, *namespaces, ingress=False):
    settings = Settings(gateways=(Gateway("default", "gw"),), namespaces=namespaces, ingress=ingress)
    objects = ObjectCache()
    published = {kind: PublishedFeed(kind, {}, lambda _: None) for kind in ("ConfigMap", "Secret")}
    pods = PodFeed(("gw",), lambda _: None)
    services = GatewayServices(settings.gateways, lambda: None)
    made = Watches(api, settings, objects, published=published, pods=pods, services=services, metrics=Metrics())
    return made, objects


@pytest.mark.parametrize(
    ("namespaces", "ingress", "paths"),
    [
        ((), False, EVERYWHERE),
        (("a",), False, IN_ONE),
        ((), True, [*EVERYWHERE, *INGRESSES]),
        (("a",), True, [*IN_ONE, *INGRESSES_IN_ONE]),
    ],
)
async def test_every_kind_is_listed_before_anything_begins(namespaces, ingress, paths, monkeypatch):
    """Everywhere, or in the namespaces that count and in the gateways' own."""

    async def no_kopf(_self):
        await asyncio.Event().wait()

    monkeypatch.setattr(KopfThread, "run", no_kopf)
    fake = FakeLists()
    fake.objects = {path: [] for path in paths}
    async with serving(fake) as api, asyncio.timeout(20):
        made, _ = watches(api, *namespaces, ingress=ingress)
        assert "not listed yet" in made.why_not_ready()
        with pytest.raises(ExceptionGroup):  # noqa: PT012 # to end the streams
            async with asyncio.TaskGroup() as tasks:
                await made.begin(tasks)
                assert "" == made.why_not_ready()
                raise ExceptionGroup("enough", [ValueError()])
    assert set(paths) == {path for path, _ in fake.requests}


def lose(made, *paths):
    """Let these lists be refused."""
    for informer in (*made._ours, *made._others):
        informer.has_listed = True
        informer.is_answered.set()
        informer.is_decided.set()
        if informer.resource.path(informer.namespace) in paths:
            informer.unreadable = "403 Forbidden"


ROUTES = "/apis/postern.dev/v1alpha1/{}routes"


@pytest.mark.parametrize(
    ("namespaces", "lost", "is_ready"),
    [
        ((), [ROUTES.format("")], False),
        (("a", "b"), [ROUTES.format("namespaces/a/")], True),
        (("a", "b"), [ROUTES.format("namespaces/a/"), ROUTES.format("namespaces/b/")], False),
    ],
    ids=["a kind", "one namespace of two", "a kind in both"],
)
async def test_a_kind_that_can_t_be_read_is_not_ready(namespaces, lost, is_ready):
    """One of several namespaces is no reason to be not ready, and is told all the same."""
    async with serving(FakeLists()) as api:
        made, _ = watches(api, *namespaces)
        lose(made, *lost)
        assert is_ready == (made.why_not_ready() == "")
        assert len(lost) == len(made.unreadable())
        assert all(it.startswith("routes of postern.dev/v1alpha1 in ") for it in made.unreadable())


async def test_what_was_never_read_is_unread_until_all_it_refers_to_is_known(monkeypatch):
    """One of several watched namespaces comes back: it counts once its Secrets are known, too."""

    async def no_kopf(_self):
        await asyncio.Event().wait()

    monkeypatch.setattr(KopfThread, "run", no_kopf)
    async with serving(FakeLists()) as api, asyncio.timeout(20):
        made, objects = watches(api, "a", "b")
        lose(made)
        for informer in made._ours:
            informer.has_listed = informer.namespace == "a"
        with pytest.raises(ExceptionGroup):  # noqa: PT012 # to end the streams
            async with asyncio.TaskGroup() as tasks:
                await made.begin(tasks)
                kinds = {"Service", "Route", "Consumer", "JWTCredential"}
                assert {(kind, "b") for kind in kinds} == made.unread()
                objects.put(told(manifests.credential(namespace="b"), 1))
                for informer in made._ours:
                    informer.has_listed = True
                assert made.unread()
                objects.fetched(Ref("Secret", "b", "alice"))
                assert frozenset() == made.unread()
                raise ExceptionGroup("enough", [ValueError()])


async def test_kopf_begins_anew_in_what_can_be_read(monkeypatch):
    """It looks for a kind once, and ends where one namespace is refused."""
    restarts = []
    monkeypatch.setattr(KopfThread, "restart", lambda _self, namespaces: restarts.append(tuple(namespaces)))
    async with serving(FakeLists()) as api:
        made, _ = watches(api, "a", "b")
        made.readable_changed()
        lose(made, ROUTES.format("namespaces/a/"))
        made.readable_changed()
        made.readable_changed()
        for informer in made._ours:
            informer.unreadable = ""
        made.readable_changed()
    assert [("b",), ("a", "b")] == restarts


async def test_after_a_restore_everything_is_listed_afresh(monkeypatch):
    """After a restore all kinds are listed afresh, as the versions of all of them went back."""
    restarts = []
    monkeypatch.setattr(KopfThread, "restart", lambda _self, namespaces: restarts.append(tuple(namespaces)))
    async with serving(FakeLists()) as api:
        made, objects = watches(api)
        objects.put(told(manifests.route(), 9))
        made._ours[0]._version = 9
        made.went_back()
        assert objects.put(told(manifests.route(methods=["GET"]), 5))
        assert 0 == made._ours[0]._version
    assert [()] == restarts


def told(manifest, version):
    metadata = {"resourceVersion": str(version), "uid": "u", "generation": 1}
    return {**manifest, "metadata": manifest["metadata"] | metadata}


async def test_an_event_of_kopf_is_taken():
    """In a first list it has no type."""
    async with serving(FakeLists()) as api:
        made, objects = watches(api)
        made._on_kopf_event(None, told(manifests.route(), 1))
        assert objects.get(Ref("Route", "default", "all")) is not None
        made._on_kopf_event("DELETED", told(manifests.route(), 2))
        assert {} == objects.all()
