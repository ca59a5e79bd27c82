"""The pods of a cluster's gateways, asked through the API server."""

from __future__ import annotations

import hashlib

import aiohttp
import pytest

from postern_console.live.monitor import LiveView
from postern_console.server import running
from postern_console.views.live import live_context
from postern_console.views.object_detail import actions_of
from postern_core.ref import Ref

INDEX = '{"format":1}'
DIGEST = hashlib.sha256(INDEX.encode()).hexdigest()
PROXY = "/api/v1/namespaces/postern-default/pods/gateway-{}:9081/proxy"


@pytest.fixture
def published(cluster):
    """The cluster, with a gateway of two pods that is published."""
    labels = {"app.kubernetes.io/managed-by": "postern", "postern.dev/gateway": "default"}
    endpoints = [
        {"addresses": [f"10.0.0.{number}"], "targetRef": {"kind": "Pod", "name": f"gateway-{number}"}}
        for number in (1, 2)
    ]
    cluster.put(
        {
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"index.json": INDEX},
            "metadata": {"name": "postern-index", "namespace": "postern-default", "labels": labels},
        },
        {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {
                "name": "s", "namespace": "postern-default", "labels": {"kubernetes.io/service-name": "postern-admin"}
            },
            "ports": [{"name": "admin", "port": 9081}], "endpoints": endpoints,
        },
    )  # fmt: skip
    for number, digest in ((1, DIGEST), (2, "e" * 64)):
        cluster.answers[f"{PROXY.format(number)}/config"] = {"digest": digest, "routes": 1, "workers": []}
        # The fake answers in JSON alone, which is no metric.
        cluster.answers[f"{PROXY.format(number)}/metrics"] = {}
    return cluster


def seen(pods):
    return [(pod.name, pod.health.text, pod.notes) for pod in live_context(LiveView(pods))["pods"]]


async def test_each_pod_is_compared_with_what_is_published(published, objects):
    """Pods that serve another snapshot come first; nothing is to be started, or sent, from here."""
    assert [
        ("postern-default/gateway-2", "older", (f"{DIGEST[:12]} is not in force there yet",)),
        ("postern-default/gateway-1", "in force", ()),
    ] == seen(await objects.gateways.pods())
    await objects.gateways.start("default")
    assert ((), False) == (await objects.gateways.running(), objects.gateways.can_start)


@pytest.mark.parametrize(
    ("path", "note"),
    [
        (PROXY.format(1), "403 Forbidden: you may not get pods/proxy there; see --direct"),
        (f"{PROXY.format(1)}/metrics", "the API server refuses"),
    ],
)
async def test_a_pod_that_may_not_be_asked_is_shown_with_the_reason(published, objects, path, note):
    """The other pod is shown as it is."""
    published.refused[path] = 403
    rows = {name: notes for name, _, notes in seen(await objects.gateways.pods())}
    assert (True, 2) == (rows["postern-default/gateway-1"][0].startswith(note), len(rows))


async def test_a_gateway_without_pods_is_shown(cluster, objects):
    """Services name it, and nothing serves them."""
    assert [("postern-default", "no answer", ("nothing is published for it",))] == seen(await objects.gateways.pods())


async def test_no_request_is_sent_to_a_cluster(cluster, objects):
    """Where its gateways are reached is not known, so that neither a Route nor a new token leads to a form."""
    state = await objects.state()
    parsed = state.objects[Ref("Route", "default", "all")]
    assert ["Edit", "Explain a request"] == [link.text for link in actions_of(parsed, state)]
    async with (
        running(objects) as (link, access),
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as it,
    ):
        async with it.get(link):
            base, token = link.partition("/start/")[0], {"form_token": access.form_token}
        async with it.get(f"{base}/routes/default/all/try") as answer:
            assert 404 == answer.status
        path = f"{base}/jwtcredentials/default/alice/token"
        async with it.post(path, data=token | {"route": "all"}, headers={"Origin": base}) as answer:
            text = await answer.text()
    assert ("made-token" in text, "curl " in text, "/try" in text) == (True, True, False)
