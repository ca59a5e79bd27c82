"""The golden cases in a cluster: applied to a real API server, compiled by the operator, served by the data plane.

The same requests as in local mode get the same answers.  Only objects that the
API server itself refuses make a case another one, and these are named.
"""

from __future__ import annotations

import itertools
import json

import pytest
import yaml

import cases
import raw
from cluster.kubectl import Kubectl
from cluster.shared import Api
from golden_requests import ask, credentials_of, expected_of, served_by
from installation import installed, own_address
from postern_core.check import check
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_operator.validators import VALIDATORS

PLURALS = {name: f"{kind.plural}.postern.dev" for name, kind in KINDS.items()}
ALL_KINDS = ",".join(PLURALS.values())
# What a case may bring along; everything else in its namespaces is the cluster's.
THEIR_KINDS = "secrets,configmaps,services,endpointslices.discovery.k8s.io"


def is_refused_early(manifest):
    """Whether an object makes no sense by itself, which the API server says before anybody else."""
    parsed = parse_manifest(manifest)
    return parsed.ref.kind in KINDS and not all(it.is_warning for it in check(parsed, VALIDATORS))


def has_ingresses(case):
    """Whether a case is about Ingresses, which the installation does not serve; `test_ingress` has one that does."""
    return any(one["kind"] == "Ingress" for one in cases.manifests_of(case))


# The gateway of the installation has the default settings.
WITH_REQUESTS = [
    case
    for case in cases.cases()
    if cases.requests_of(case) and cases.settings_of(case).are_of_every_gateway and not has_ingresses(case)
]
CASES = [
    case
    for case in WITH_REQUESTS
    if cases.settings_of(case).only_compiler_refuses or not any(map(is_refused_early, cases.manifests_of(case)))
]


def test_what_is_left_out_could_never_be_in_a_cluster():
    """Cases about objects that the API server refuses, and no others."""
    left_out = {
        "a-broken-route-keeps-its-rank",
        "cors-of-a-route-replaces-the-services",
        "invalid-route-refuses-its-place",
        "invalid-service-refuses-its-place",
        "the-prefix-is-restored-in-responses-when-asked",
        "too-many-patterns-of-a-route-refuse",
    }
    assert left_out >= {case.name for case in WITH_REQUESTS if case not in CASES}


@pytest.fixture(scope="module")
def bind():
    """Every address: that of an EndpointSlice is not on loopback."""
    return ""


@pytest.fixture(scope="module")
def kubectl(start_private_api, api, tmp_path_factory):
    """A cluster of its own, because cases name their namespaces."""
    plane = start_private_api(tmp_path_factory.mktemp("plane"))
    return Kubectl(Api(plane.kubeconfig, api.kubectl), tmp_path_factory.mktemp("kubectl"))


@pytest.fixture(scope="module")
def installation(kubectl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installation")
    with installed(kubectl, folder, watches_all=True) as (installation, _):
        yield installation


@pytest.fixture
def apply(kubectl, upstream):
    """Applies the manifests of a case, the older first; all of it is gone at the end."""
    namespaces = set()

    def apply(case):
        documents = [fit_for_a_cluster(one) for one in served_by(case, upstream.port)]
        namespaces.update(
            one["metadata"].get("namespace", "default") for one in documents if one["kind"] != "Namespace"
        )
        make_namespaces(kubectl, namespaces)
        documents.sort(key=lambda one: one["metadata"].get("creationTimestamp", "~"))
        for created, group in itertools.groupby(documents, lambda one: one["metadata"].pop("creationTimestamp", "")):
            done = kubectl("apply", "--server-side", "--filename=-", input=yaml.safe_dump_all(group))
            assert 0 == done.returncode, done.stderr
            if created:
                until_the_clock_moves(kubectl)
        return namespaces

    yield apply
    for namespace in namespaces:
        kubectl("delete", ALL_KINDS, "--all", f"-n{namespace}", check=True)
        kubectl("delete", THEIR_KINDS, "--field-selector=metadata.name!=kubernetes", f"-n{namespace}", check=True)


def make_namespaces(kubectl, names):
    made = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in sorted(names)]
    done = kubectl("apply", "--server-side", "--filename=-", input=yaml.safe_dump_all(made))
    assert 0 == done.returncode, done.stderr


def fit_for_a_cluster(manifest):
    """An EndpointSlice may not name loopback; the upstream listens on the machine's own address as well."""
    if manifest["kind"] != "EndpointSlice":
        return manifest
    return json.loads(json.dumps(manifest).replace("127.0.0.1", own_address()))


def until_the_clock_moves(kubectl):
    """Wait until what is made next is younger: the API server counts in seconds."""

    def now():
        probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "clock", "namespace": "default"}}
        kubectl("delete", "configmap", "clock", "-ndefault", "--ignore-not-found", check=True)
        kubectl("create", "--filename=-", input=json.dumps(probe), check=True)
        return kubectl.get("configmap", "clock", "default")["metadata"]["creationTimestamp"]

    before = now()
    raw.until(lambda: now() > before, "the next second")


def until_told(kubectl, namespaces):
    """Wait until every object has been told how it is, and whether it is served."""

    def are_told():
        found = [item for it in namespaces for item in items(kubectl, ALL_KINDS, it)]
        return all(is_told(item) for item in found)

    raw.until(are_told, "all objects to have a status")


def items(kubectl, kinds, namespace):
    return json.loads(kubectl("get", kinds, f"-n{namespace}", "-ojson", check=True).stdout)["items"]


def is_told(item):
    conditions = item.get("status", {}).get("conditions", [])
    is_current = item.get("status", {}).get("observedGeneration") == item["metadata"]["generation"]
    return is_current and bool(conditions) and "Pending" not in {one["reason"] for one in conditions}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_cluster_answers_as_the_case_says(case, apply, kubectl, installation, upstream):
    """The answer, or what the upstream sees, are what each request of the case expects."""
    namespaces = apply(case)
    until_told(kubectl, namespaces)
    secrets = [item for it in namespaces for item in items(kubectl, "secrets", it)]
    secrets = [{"apiVersion": "v1", "kind": "Secret", **item} for item in secrets]
    others = [one for one in served_by(case, upstream.port) if one["kind"] != "Secret"]
    credentials = credentials_of([*others, *secrets])
    requests = cases.requests_of(case).requests
    expected = {request.name: expected_of(request, upstream.port) for request in requests}
    actual = {request.name: ask(request, installation.listen, upstream, credentials) for request in requests}
    assert expected == actual
