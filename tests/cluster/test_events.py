"""Events in a real API server, as `kubectl events` and `kubectl describe` show them."""

from __future__ import annotations

import asyncio
import json

import pytest

from manifests import SECRET, compiled, consumer, credential, route, secret, service
from operator_account import operator_client
from postern_core.conditions import Programming, conditions_of
from postern_core.parse import parse_manifest
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.status.event_rules import EventRules
from postern_operator.cluster.status.event_writer import EventWriter


@pytest.fixture
async def writer(kubectl, crds, namespace, tmp_path):
    async with operator_client(kubectl, namespace, tmp_path) as client:
        yield Writer(client)


@pytest.fixture
def lonely(kubectl, namespace):
    """A route of no service, as the server has it."""
    done = kubectl.apply(route(namespace=namespace))
    assert done.returncode == 0, done.stderr
    return kubectl.get("routes.postern.dev", "all", namespace)


@pytest.fixture
def events(kubectl, namespace):
    """`events()`: those of the namespace."""
    return lambda: json.loads(
        kubectl("get", "events.events.k8s.io", f"-n{namespace}", "--output=json", check=True).stdout
    )["items"]


async def tell(writer, news):
    metrics = Metrics()
    events = EventWriter(writer, "operator-1", metrics)
    async with asyncio.timeout(30):
        for draft in news:
            await events._write_or_drop(draft)
    assert 0 == metrics.events_dropped._value.get()


def news_of(manifest, *others, teller=None):
    parsed = parse_manifest(manifest)
    conditions = conditions_of(parsed.ref, compiled(manifest, *others).problems, Programming.PROGRAMMED)
    return (teller or EventRules()).drafts(
        parsed.ref, manifest["metadata"]["uid"], manifest.get("status", {}), conditions
    )


async def test_a_person_sees_what_is_wrong(writer, lonely, events, kubectl, namespace):
    """In the list of events, and beside the object."""
    await tell(writer, news_of(lonely))
    (event,) = events()

    assert ("Warning", "ServiceNotFound", "postern.dev/operator") == (
        event["type"], event["reason"], event["reportingController"],
    )  # fmt: skip
    assert "'app' does not exist" in event["note"]
    described = kubectl("describe", "routes.postern.dev", "all", f"-n{namespace}", check=True).stdout
    assert "Warning  ServiceNotFound" in described


async def test_what_two_replicas_tell_is_one_event(writer, lonely, events):
    """Counted, as Kubernetes counts a series."""
    for _ in range(2):
        await tell(writer, news_of(lonely))
    (event,) = events()

    assert 2 == event["series"]["count"]


async def test_a_recovery_is_an_event_of_its_own(writer, lonely, events, kubectl, namespace):
    """When the route is served."""
    teller = EventRules()
    await tell(writer, news_of(lonely, teller=teller))
    await tell(writer, news_of(lonely, service(namespace=namespace), teller=teller))

    assert {("Warning", "ServiceNotFound"), ("Normal", "Programmed")} == {(it["type"], it["reason"]) for it in events()}


async def test_no_secret_is_in_an_event(writer, kubectl, namespace, events):
    """Not of the key that it complains of."""
    people = [consumer(namespace=namespace), credential(namespace=namespace)]
    kubectl.apply(*people)
    manifest = kubectl.get("jwtcredentials.postern.dev", "alice", namespace)
    await tell(writer, news_of(manifest, people[0], secret(namespace=namespace, value=SECRET[:12])))
    (event,) = events()

    assert "WeakKey" == event["reason"]
    assert SECRET[:12] not in json.dumps(event)
