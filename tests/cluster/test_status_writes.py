"""Statuses in a real API server: what its schema takes, what comes back, and what is left alone."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm

import tokens
from manifests import SECRET, compiled, consumer, credential, route, secret, service
from operator_account import operator_client
from postern_core.conditions import Programming, conditions_of
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.status.desired_status import counts, status_change
from postern_operator.cluster.status.status_writer import StatusWriter

ALL_KINDS = (
    "services.postern.dev,routes.postern.dev,consumers.postern.dev,jwtcredentials.postern.dev,tokenissuers.postern.dev"
    ",jwtpolicies.postern.dev"
)
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.fixture
async def writer(kubectl, crds, namespace, tmp_path):
    async with operator_client(kubectl, namespace, tmp_path) as client:
        yield Writer(client)


class Operator:
    """One round after the other: read all, compile, write the statuses that differ."""

    def __init__(self, kubectl, namespace, writer):
        self.kubectl = kubectl
        self.namespace = namespace
        self.answers = []
        self.statuses = StatusWriter(writer, self.answers.append)

    def apply(self, *manifests):
        done = self.kubectl.apply(*manifests, options=(f"--namespace={self.namespace}",))
        assert done.returncode == 0, done.stderr

    def read(self, kinds=f"{ALL_KINDS},secrets"):
        options = (f"--namespace={self.namespace}", "--output=json", "--show-managed-fields")
        return json.loads(self.kubectl("get", kinds, *options, check=True).stdout)["items"]

    def changes(self, manifests, programming=Programming.PROGRAMMED):
        made = compiled(*manifests)
        counted = counts(parse_manifest(one) for one in manifests)
        for one in manifests:
            parsed = parse_manifest(one)
            if parsed.ref.kind in KINDS:
                conditions, uid = conditions_of(parsed.ref, made.problems, programming), one["metadata"]["uid"]
                present, count = one.get("status", {}), counted[parsed.ref]
                linked = made.facts.get(parsed.ref, {})
                yield status_change(parsed, uid, present, conditions, count=count, now=NOW, linked=linked)

    async def round(self, **options):
        """Write what differs; gives the names of what was written."""
        self.answers.clear()
        await self.write(filter(None, self.changes(self.read(), **options)))
        return sorted(f"{it['kind']}/{it['metadata']['name']}" for it in self.answers)

    async def write(self, changes):
        self.statuses.set_desired(changes)
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.statuses.run())
            while self.statuses.waiting:  # noqa: ASYNC110 # nothing signals it
                await asyncio.sleep(0.01)
            running.cancel()


@pytest.fixture
def operator(kubectl, namespace, writer):
    operator = Operator(kubectl, namespace, writer)
    namespaced = [consumer(), credential(key="alice_key"), service(auth={"jwt": {}}), route()]
    operator.apply(*({**one, "metadata": {"name": one["metadata"]["name"]}} for one in [*namespaced, secret()]))
    return operator


async def test_a_status_is_written_once(operator):
    """What comes back from the server is what was meant, for each kind."""
    assert ["Consumer/alice", "JWTCredential/alice", "Route/all", "Service/app"] == await operator.round()
    assert [] == await operator.round()


async def test_kubectl_can_wait_for_it(operator, kubectl, namespace):
    """`Ready` is what it waits for, and the columns say the rest."""
    await operator.round()
    kubectl("wait", "--for=condition=Ready", "--timeout=5s", f"-n{namespace}", "--all", ALL_KINDS, check=True)

    shown = {it["kind"]: it["status"] for it in operator.read(ALL_KINDS)}
    assert (1, 1) == (shown["Service"]["routes"], shown["Consumer"]["credentials"])
    assert ("alice_key", "HS256", []) == tuple(shown["JWTCredential"][it] for it in ("key", "algorithm", "keyIDs"))
    assert {1} == {status["observedGeneration"] for status in shown.values()}


async def test_the_keys_of_a_set_are_counted_while_there_are_some_to_count(operator, kubectl, namespace):
    """The ids of a JWK Set are in the status, and what is passed over; nothing of it stays when it is no longer so."""
    jwk = ECAlgorithm.to_jwk(load_pem_public_key((tokens.KEYS / "p256.pub.pem").read_bytes()), as_dict=True)
    members = [jwk | {"kid": str(number)} for number in range(99)] + [jwk | {"kid": "enc", "use": "enc"}]
    for keys, expected in (members, (99, 1)), (members[:2], (2, None)):
        public = [{"publicKey": json.dumps({"keys": keys})}]
        operator.apply(credential("portal", algorithm="ES256", keys=public) | {"metadata": {"name": "portal"}})
        assert ["JWTCredential/portal"] == [name for name in await operator.round() if name.endswith("portal")]
        status = kubectl.get("jwtcredentials.postern.dev", "portal", namespace)["status"]
        assert expected == (len(status["keyIDs"]), status.get("keysPassedOver"))
        assert [] == await operator.round()


async def test_only_what_differs_is_written(operator, kubectl, namespace):
    """A route that loses its service, among others that don't."""
    await operator.round()
    kubectl("delete", "services.postern.dev", "app", f"-n{namespace}", check=True)

    assert ["Route/all"] == await operator.round()
    ready = {it["type"]: it for it in kubectl.get("routes.postern.dev", "all", namespace)["status"]["conditions"]}[
        "Ready"
    ]
    assert ("False", "ServiceNotFound") == (ready["status"], ready["reason"])


async def test_nothing_else_of_the_object_is_touched(operator):
    """No label, annotation, finalizer or new generation: GitOps sees no drift."""
    before = {it["metadata"]["uid"]: it for it in operator.read(ALL_KINDS)}
    await operator.round()
    for it in operator.read(ALL_KINDS):
        ours = [one for one in it["metadata"]["managedFields"] if one["manager"] == "postern"]
        assert [("status", ["f:status"])] == [(one["subresource"], list(one["fieldsV1"])) for one in ours]
        was = before[it["metadata"]["uid"]]
        assert (was["spec"], was["metadata"]["generation"]) == (it["spec"], it["metadata"]["generation"])
        assert not {"labels", "annotations", "finalizers"} & it["metadata"].keys()


async def test_a_condition_of_somebody_else_stays(operator, kubectl, namespace):
    """A condition of another writer stays, and is no reason to write."""
    await operator.round()
    theirs = {
        "type": "Approved",
        "status": "True",
        "reason": "Seen",
        "message": "",
        "lastTransitionTime": "2026-11-24T06:00:00Z",
    }
    manifest = {**route(namespace=namespace), "status": {"conditions": [theirs]}}
    del manifest["spec"]
    done = kubectl.apply(manifest, options=("--subresource=status",))
    assert done.returncode == 0, done.stderr

    assert [] == await operator.round()
    assert ["Route/all"] == [name for name in await operator.round(programming=Programming.PENDING) if "Route" in name]
    types = {it["type"] for it in kubectl.get("routes.postern.dev", "all", namespace)["status"]["conditions"]}
    assert {"Approved", "Accepted", "ResolvedRefs", "Programmed", "Ready"} == types


async def test_an_object_that_has_taken_the_place_of_another_is_told_its_own_state(operator, kubectl, namespace):
    """Though the status of the one before was still on its way."""
    changes = list(operator.changes(operator.read(), programming=Programming.PENDING))
    kubectl("delete", "routes.postern.dev", "all", f"-n{namespace}", check=True)
    operator.apply({**route(serviceRef={"name": "nowhere"}), "metadata": {"name": "all"}})
    await operator.write(one for one in changes if one.ref.kind == "Route")
    await operator.round()

    status = kubectl.get("routes.postern.dev", "all", namespace)["status"]
    assert "ServiceNotFound" in {it["reason"] for it in status["conditions"]}


async def test_an_object_that_is_gone_stays_so(operator, kubectl, namespace):
    """Server-side apply to a status makes none."""
    changes = list(operator.changes(operator.read()))
    kubectl("delete", "routes.postern.dev", "all", f"-n{namespace}", check=True)
    await operator.write(one for one in changes if one.ref.kind == "Route")

    assert [] == operator.answers
    assert "NotFound" in kubectl("get", "routes.postern.dev", "all", f"-n{namespace}").stderr


async def test_no_secret_is_in_a_status(operator):
    """Of a credential that works, and of one whose key is refused."""
    weak = credential("weak", keys=[{"id": "k1", "secretRef": {"name": "weak", "key": "secret"}}])
    operator.apply(*({**one, "metadata": {"name": "weak"}} for one in (weak, secret("weak", value=SECRET[:12]))))
    await operator.round()
    statuses = json.dumps([it["status"] for it in operator.read(ALL_KINDS)])

    assert "WeakKey" in statuses
    assert SECRET[:12] not in statuses
