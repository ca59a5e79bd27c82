"""The status that an object should have."""

from datetime import UTC, datetime

import pytest

from manifests import SECRET, compiled, consumer, credential, route, secret, service
from postern_core.conditions import Condition, Programming, conditions_of
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_operator.cluster.status.desired_status import counts, status_change

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def object_of(manifest, generation=3):
    return parse_manifest({**manifest, "metadata": {**manifest["metadata"], "generation": generation}})


def change(parsed, present=None, programming=Programming.PROGRAMMED, *, problems=(), count=0, now=NOW):
    conditions = conditions_of(parsed.ref, problems, programming)
    return status_change(parsed, "u-1", present or {}, conditions, count=count, now=now)


def test_a_new_object_gets_its_status():
    """With the generation that it speaks of, for kstatus."""
    wanted = change(object_of(service()), count=2)

    assert (3, 2, "u-1", False) == (
        wanted.status["observedGeneration"], wanted.status["routes"], wanted.uid, wanted.is_trouble,
    )  # fmt: skip
    assert ["Accepted", "ResolvedRefs", "Programmed", "Ready"] == [it["type"] for it in wanted.status["conditions"]]
    assert {"2026-11-24T06:30:00Z"} == {it["lastTransitionTime"] for it in wanted.status["conditions"]}
    assert {3} == {it["observedGeneration"] for it in wanted.status["conditions"]}


@pytest.mark.parametrize("manifest", [service(), route(), consumer(), credential(), credential(keys=[])])
def test_what_is_there_is_not_written_again(manifest):
    """An equal status is not written, or each write would cause the next."""
    parsed = object_of(manifest)
    written = change(parsed).status

    assert change(parsed, written, now=LATER) is None


def test_a_time_moves_only_with_its_status():
    """Not with a reason, message or generation."""
    written = change(object_of(route()), programming=Programming.NO_DATA_PLANE).status
    pending = change(object_of(route(), 4), written, Programming.PENDING, now=LATER).status
    by_type = {it["type"]: it["lastTransitionTime"] for it in pending["conditions"]}
    served = change(object_of(route(), 4), pending, now=LATER).status

    assert {"2026-11-24T06:30:00Z"} == set(by_type.values())
    assert {"Accepted": "06", "ResolvedRefs": "06", "Programmed": "07", "Ready": "07"} == {
        it["type"]: it["lastTransitionTime"][11:13] for it in served["conditions"]
    }


def test_what_others_write_is_left_alone():
    """Another controller may have conditions of its own there."""
    parsed = object_of(route())
    written = change(parsed).status
    theirs = {"type": "Argo", "status": "True"}

    assert change(parsed, {**written, "conditions": [theirs, *written["conditions"]], "other": 1}) is None


@pytest.mark.parametrize(
    "present", [{"conditions": None}, {"conditions": ["x", {}]}, {"conditions": [{"type": "Ready"}]}]
)
def test_a_status_that_makes_no_sense_is_replaced(present):
    """Whoever wrote it."""
    assert change(object_of(route()), present) is not None


def test_trouble_is_marked_for_who_writes():
    """Somebody waits for that message."""
    found = compiled(route())
    parsed = object_of(route())

    assert change(parsed, problems=found.problems).is_trouble
    assert not change(parsed, programming=Programming.PENDING).is_trouble


def test_a_message_without_end_is_cut():
    """The API server would refuse the whole status."""
    conditions = (Condition("Accepted", "False", "Invalid", "x" * 40_000),)
    wanted = status_change(object_of(route()), "u", {}, conditions, count=0, now=NOW)

    assert 32_768 == len(wanted.status["conditions"][0]["message"])


def test_routes_and_credentials_are_counted():
    """In their own namespace, sound or not."""
    objects = [route("a"), route("b"), route("c", "other"), route("broken", paths=1), credential("a")]
    found = counts(parse_manifest(one) for one in objects)

    assert (2, 1, 1) == (
        found[Ref("Service", "default", "app")], found[Ref("Service", "other", "app")],
        found[Ref("Consumer", "default", "alice")],
    )  # fmt: skip


def test_a_credential_shows_what_is_known_by_and_nothing_secret():
    """Key, algorithm and the ids of its keys."""
    keys = [{"id": "k1", "secretRef": {"name": "alice", "key": "secret"}}]
    status = change(object_of(credential(keys=keys, key="alice_key"))).status

    assert ("alice_key", "HS256", ["k1"]) == (status["key"], status["algorithm"], status["keyIDs"])
    assert "generatedSecretName" not in status


def test_a_credential_without_keys_names_its_secret():
    """Where its owner looks for it."""
    assert "alice-jwt" == change(object_of(credential(keys=[]))).status["generatedSecretName"]


def test_a_broken_credential_shows_no_more_than_its_conditions():
    """What it means can't be known."""
    status = change(object_of(credential(algorithm="none"))).status

    assert {"observedGeneration", "conditions"} == status.keys()


@pytest.mark.parametrize("value", [SECRET, SECRET[:8], "-----BEGIN PRIVATE KEY-----" + SECRET])
def test_no_secret_is_in_a_status(value):
    """No status holds a secret, not even of a key that is refused."""
    found = compiled(consumer(), credential(), secret(value=value))
    status = change(object_of(credential()), problems=found.problems).status

    assert value not in str(status)
    assert SECRET not in str(status)
