"""With the operator at work, what is applied from Git stays as it is: for kubectl, and for Argo CD's own code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

import raw
from argocd import LEGACY, STRUCTURED
from installation import installed
from manifests import route, service
from postern_core.compile import compile_snapshot
from postern_core.conditions import Programming, conditions_of
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_operator.cluster.status.desired_status import counts, status_change
from postern_operator.validators import VALIDATORS

ROOT = Path(__file__).parents[2]
# Of 12-fetched-keys the status is that of its providers, which are not there; 19-ingress has no object of ours.
EXAMPLES = sorted(
    path
    for path in (ROOT / "examples").iterdir()
    if path.name[:2].isdigit() and path.name not in ("12-fetched-keys", "19-ingress")
)
ALL_KINDS = (
    "services.postern.dev,routes.postern.dev,consumers.postern.dev,jwtcredentials.postern.dev,tokenissuers.postern.dev"
    ",jwtpolicies.postern.dev"
)
# Kubernetes makes slices itself, and refuses those of local mode; the namespace is another one here, and a class is in
# none.
LEFT_OUT = {"EndpointSlice", "IngressClass", "Namespace"}
SERVER_SIDE = ("apply", "--server-side", "--field-manager=argocd-controller", "--filename=-")
CLIENT_SIDE = ("apply", "--filename=-")

# How Argo CD may apply and compare.
WAYS = {
    "as shipped": (SERVER_SIDE, {}),
    "structured": (SERVER_SIDE, STRUCTURED),
    "legacy": (CLIENT_SIDE, LEGACY),
    "after another manager": (CLIENT_SIDE, {}),
}


@pytest.fixture(scope="module")
def tenant(crds, kubectl, tmp_path_factory):
    """A namespace whose objects an operator looks at, and its gateway serves."""
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "shop") as (_, [namespace]):
        yield namespace


@pytest.fixture
def shop(tenant, kubectl):
    """The namespace, with nothing in it."""
    yield tenant
    kubectl("delete", f"{ALL_KINDS},ingresses,services,configmaps,secrets", "--all", f"-n{tenant}", check=True)


def manifests_of(example, namespace):
    """The manifests of an example, moved into a namespace."""
    documents = [one for path in sorted(example.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]
    return [
        document | {"metadata": document["metadata"] | {"namespace": namespace}}
        for document in documents
        if document["kind"] not in LEFT_OUT
    ]


def settled(kubectl, namespace):
    """Wait until every object of ours has the status that it should have; gives the resourceVersion of everything."""

    def objects():
        kinds = f"{ALL_KINDS},services,configmaps,secrets"
        return json.loads(kubectl("get", kinds, f"-n{namespace}", "--output=json", check=True).stdout)["items"]

    raw.until(lambda: are_told(objects()), "every object told")
    return {(one["kind"], one["metadata"]["name"]): one["metadata"]["resourceVersion"] for one in objects()}


def are_told(objects):
    """Whether there is nothing left to write, with a gateway that serves all of it."""
    parsed = [parse_manifest(one) for one in objects]
    compiled, count, now = compile_snapshot(parsed, inspectors=VALIDATORS), counts(parsed), datetime.now(UTC)

    def change(it, one):
        due = conditions_of(it.ref, compiled.problems, Programming.PROGRAMMED)
        linked = compiled.facts.get(it.ref, {})
        return status_change(it, "", one["status"], due, count=count.get(it.ref, 0), now=now, linked=linked)

    ours = [(it, one) for it, one in zip(parsed, objects, strict=True) if it.ref.kind in KINDS]
    return ours and not any(change(it, one) for it, one in ours)


@pytest.mark.parametrize("how", [CLIENT_SIDE, SERVER_SIDE], ids=["client", "server"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_what_is_applied_again_changes_nothing(kubectl, shop, example, how):
    """No new resourceVersion, and no difference on either side's way of looking."""
    text = yaml.safe_dump_all(manifests_of(example, shop))
    kubectl(*how, input=text, check=True)
    before = settled(kubectl, shop)

    kubectl(*how, input=text, check=True)
    assert before == settled(kubectl, shop)
    same = kubectl("diff", *how[1:], input=text)
    assert (0, "") == (same.returncode, same.stdout)


@pytest.mark.parametrize("way", WAYS)
def test_argo_cd_sees_no_difference(kubectl, shop, comparing, way):
    """In none of its ways of comparing, of any example."""
    how, changes = WAYS[way]
    for example in EXAMPLES:
        manifests = manifests_of(example, shop)
        kubectl(*how, input=yaml.safe_dump_all(manifests), check=True)
        settled(kubectl, shop)
        assert [] == comparing(kubectl.kubeconfig, manifests, "team", changes), example.name


@pytest.mark.parametrize("way", WAYS)
def test_argo_cd_sees_a_change_in_git(kubectl, shop, comparing, way):
    """Argo CD reports an object that differs from Git as out of sync."""
    how, changes = WAYS[way]
    kubectl(*how, input=yaml.safe_dump(route(namespace=shop, methods=["GET"])), check=True)
    changed = route(namespace=shop, methods=["GET", "POST"])
    assert ["Route all"] == comparing(kubectl.kubeconfig, [changed], "team", changes)


def test_the_operator_owns_the_status_and_nothing_else(kubectl, shop):
    """Whoever applies the spec never meets it, also not while the operator writes."""
    manifests = manifests_of(EXAMPLES[0], shop)
    kubectl(*SERVER_SIDE, input=yaml.safe_dump_all(manifests), check=True)
    settled(kubectl, shop)
    for one in json.loads(kubectl("get", ALL_KINDS, f"-n{shop}", "-ojson", "--show-managed-fields", check=True).stdout)[
        "items"
    ]:
        owned = {entry["manager"]: set(entry["fieldsV1"]) for entry in one["metadata"]["managedFields"]}
        assert {"argocd-controller", "postern"} == set(owned)
        assert {"f:status"} == owned["postern"]
        assert "f:status" not in owned["argocd-controller"]

    another = ("apply", "--server-side", "--field-manager=kustomize-controller", "--filename=-")
    done = kubectl(*another, input=yaml.safe_dump_all(manifests))
    assert 0 == done.returncode, done.stderr


def test_a_generated_secret_is_nobody_s_but_its_credential_s(kubectl, shop):
    """Nothing by which a tool would take it for its own and prune it."""
    manifests = manifests_of(EXAMPLES[0], shop)
    tracking = {"argocd.argoproj.io/tracking-id": "shop:postern.dev/JWTCredential:shop/oiloil"}
    labels = {"kustomize.toolkit.fluxcd.io/name": "shop", "app.kubernetes.io/instance": "shop"}
    marked = [one | {"metadata": one["metadata"] | {"annotations": tracking, "labels": labels}} for one in manifests]
    kubectl(*SERVER_SIDE, input=yaml.safe_dump_all(marked), check=True)
    settled(kubectl, shop)
    metadata = kubectl.get("secret", "oiloil-jwt", shop)["metadata"]
    assert {"app.kubernetes.io/managed-by": "postern", "postern.dev/use": "jwt-key"} == metadata["labels"]
    assert "annotations" not in metadata
    assert [("JWTCredential", "oiloil")] == [(one["kind"], one["name"]) for one in metadata["ownerReferences"]]


def test_an_object_that_nobody_has_looked_at_says_so(kubectl, crds, namespace):
    """For kstatus, which takes an object without a status for ready."""
    kubectl.apply(route(namespace=namespace))
    assert {"observedGeneration": 0} == kubectl.get("routes.postern.dev", "all", namespace)["status"]


def test_stalled_goes_with_what_it_told_of(kubectl, shop):
    """It is there only while an edit of the object is the only help."""
    # No schema can say what this may be, so the API server takes it.
    wrong = route(namespace=shop, auth={"jwt": {"allow": {"namespaces": 7}}})
    assert 0 == kubectl.apply(service(namespace=shop), wrong).returncode
    settled(kubectl, shop)
    assert "Invalid" == conditions(kubectl, shop)["Stalled"]
    assert 0 == kubectl.apply(route(namespace=shop)).returncode
    settled(kubectl, shop)
    assert "Stalled" not in conditions(kubectl, shop)


def conditions(kubectl, namespace):
    status = kubectl.get("routes.postern.dev", "all", namespace)["status"]
    return {one["type"]: one["reason"] for one in status["conditions"]}


@pytest.mark.parametrize("options", [("apply", "--server-side", "--field-manager=postern"), ("patch",)], ids="-".join)
def test_the_health_checks_can_be_merged_into_argo_cd_s_settings(kubectl, namespace, tmp_path, options):
    """Merging the health checks into Argo CD's settings keeps all other settings."""
    settings = yaml.safe_load((ROOT / "deploy/argocd/argocd-cm.yaml").read_text())
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm", "namespace": namespace}}
    assert 0 == kubectl.apply({**theirs, "data": {"admin.enabled": "false"}}).returncode
    path = tmp_path / "argocd-cm.yaml"
    text = (ROOT / "deploy/argocd/argocd-cm.yaml").read_text()
    path.write_text(text.replace("namespace: argocd", f"namespace: {namespace}"))
    where = ("configmap", "argocd-cm", f"-n{namespace}", f"--patch-file={path}") if "patch" in options else ("-f", path)
    kubectl(*options, *where, check=True)
    assert {"admin.enabled": "false", **settings["data"]} == kubectl.get("configmap", "argocd-cm", namespace)["data"]
