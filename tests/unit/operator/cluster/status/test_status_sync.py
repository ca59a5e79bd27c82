"""What all objects are told: what differs, once, and nothing of what is settled."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm

import manifests
import tokens
from postern_core.ref import Ref
from postern_operator.build import GatewayBuild
from postern_operator.cluster.rollout.generation_ledger import GenerationLedger
from postern_operator.cluster.status.status_sync import GatewayView, StatusSync, problem_counts
from postern_operator.cluster.watch.object_cache import ObjectCache

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def told(manifest, version=1, **rest):
    metadata = {"resourceVersion": str(version), "generation": 1, "uid": manifest["metadata"]["name"]}
    return {**manifest, "metadata": manifest["metadata"] | metadata, **rest}


@pytest.fixture
def objects():
    objects = ObjectCache()
    for manifest in (manifests.service(), manifests.route(), manifests.consumer()):
        objects.put(told(manifest))
    return objects


def view(objects, serving=True, gateway="default"):
    """A gateway's build, which one pod serves or (False) does not; None is no pod."""
    built = GatewayBuild(gateway).run(objects.snapshot())
    ledger = GenerationLedger()
    ledger.compiled(built.encoded.digest, built.objects)
    ledger.serving([] if serving is None else [built.encoded.digest if serving else None])
    return GatewayView(built, ledger)


def ready(found):
    """The reason of the condition Ready, by kind."""
    return {change.ref.kind: change.status["conditions"][-1]["reason"] for change in found.changes}


@pytest.mark.parametrize(("serving", "reason"), [(True, "Ready"), (False, "Pending"), (None, "NoDataPlane")])
def test_every_object_is_told_whether_it_is_served(objects, serving, reason):
    """By every pod that is ready."""
    found = StatusSync().find(objects.all(), [view(objects, serving)], NOW)
    assert {"Service": reason, "Route": reason, "Consumer": reason} == ready(found)


def test_what_was_written_is_not_told_again(objects):
    """The status is as it must be."""
    sync, views = StatusSync(), [view(objects)]
    found = sync.find(objects.all(), views, NOW)
    for change in found.changes:
        manifest = {"Service": manifests.service, "Route": manifests.route, "Consumer": manifests.consumer}
        objects.put(told(manifest[change.ref.kind](), 2, status=dict(change.status)))
    for _ in range(2):
        again = sync.find(objects.all(), views, NOW)
        assert ((), ()) == (again.changes, again.events)


def test_what_has_changed_since_is_told_later(objects):
    """Nobody says of a new spec what was found of the old one."""
    views = [view(objects)]
    newer = told(manifests.route(methods=["GET"]), 2)
    objects.put({**newer, "metadata": newer["metadata"] | {"generation": 2}})
    found = StatusSync().find(objects.all(), views, NOW)
    assert {"Service": "Ready", "Consumer": "Ready"} == ready(found)


def test_what_another_gateway_serves_is_no_concern(objects):
    """A Service of `default` waits for the pods of `default` only, and a Consumer for none that aren't there."""
    found = StatusSync().find(objects.all(), [view(objects), view(objects, None, "other")], NOW)
    assert {"Service": "Ready", "Route": "Ready", "Consumer": "Ready"} == ready(found)


def test_what_can_t_be_published_is_told_with_the_reason(objects):
    """Of objects that are served as they are, nothing is said."""
    failing = replace(view(objects), failure="413", unpublished=frozenset({"Route/default/all"}))
    found = StatusSync().find(objects.all(), [failing], NOW)
    [route] = [change for change in found.changes if change.ref.kind == "Route"]

    assert {"Service": "Ready", "Route": "NotPublished", "Consumer": "Ready"} == ready(found)
    assert route.status["conditions"][-1]["message"].endswith("and is not served: 413")
    assert [("Warning", "NotPublished", "all")] == [(it.type, it.reason, it.ref.name) for it in found.events]


@pytest.mark.parametrize(
    ("serving", "unpublished", "reason"),
    [
        (False, frozenset(), "NotPublished"),  # Another generation is served.
        (None, frozenset(), "NoDataPlane"),
        (None, None, "NotPublished"),  # Pods wait for the first publication, and so none is ready.
        (True, None, "Ready"),
    ],
)
def test_while_nothing_is_published_the_pods_are_not_to_blame(objects, serving, unpublished, reason):
    """The reason says where to look."""
    failing = replace(view(objects, serving), failure="403", unpublished=unpublished)

    assert {reason} == set(ready(StatusSync().find(objects.all(), [failing], NOW)).values())


def test_trouble_is_news(objects):
    """As it is in the status, and counted by its reason."""
    objects.put(told(manifests.credential()))
    views = [view(objects)]
    found = StatusSync().find(objects.all(), views, NOW)
    assert [("alice", "SecretNotFound")] == [(news.ref.name, news.reason) for news in found.events]
    assert 1 == problem_counts(views)["SecretNotFound"]


def test_what_is_found_comes_with_what_was_compared(objects):
    """A status change carries the compared status, so that the writer can see that it still holds."""
    found = StatusSync().find(objects.all(), [view(objects)], NOW)
    route = Ref("Route", "default", "all")
    assert objects.get(route) is found.compared[route]


@pytest.mark.parametrize(("more", "passed_over"), [([{"kty": "new"}], 1), ([], None)])
def test_the_ids_of_a_key_set_and_what_is_passed_over_are_in_the_status(objects, more, passed_over):
    """They are known only when the set has been read."""
    pem = (tokens.KEYS / "p256.pub.pem").read_bytes()
    jwk = ECAlgorithm.to_jwk(load_pem_public_key(pem), as_dict=True) | {"kid": "a"}
    key = {"publicKey": json.dumps({"keys": [jwk, *more]})}
    objects.put(told(manifests.credential(keys=[key], algorithm="ES256")))
    found = StatusSync().find(objects.all(), [view(objects)], NOW)
    [change] = [it for it in found.changes if it.ref.kind == "JWTCredential"]
    assert (["a"], passed_over) == (change.status["keyIDs"], change.status.get("keysPassedOver"))
