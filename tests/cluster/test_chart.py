"""The chart before a real API server: its objects are valid, and its pods `restricted`."""

from __future__ import annotations

import pytest

from helm_chart import CASES

# The kinds of others' definitions, which this API server doesn't have.
UNKNOWN = {"PodMonitor", "PrometheusRule"}


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def objects(helm, request, namespace):
    """The objects of a golden case; what is in a namespace is in one that exists."""
    found = helm.objects((request.param / "values.yaml").read_text())
    for one in found:
        if "namespace" in one["metadata"]:
            one["metadata"]["namespace"] = namespace
    return [one for one in found if one["kind"] not in UNKNOWN]


@pytest.fixture
def restricted(kubectl, namespace):
    """The same namespace, in which a pod that does not pass is refused."""
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted", check=True)
    return namespace


def dry_run(kubectl, *manifests):
    return kubectl.apply(*manifests, options=("--dry-run=server", "--validate=strict", "--force-conflicts"))


def test_every_object_is_valid(kubectl, objects):
    """By its schema, strictly: a field that doesn't exist is refused."""
    done = dry_run(kubectl, *objects)
    assert (0, "") == (done.returncode, done.stderr)


def test_a_field_that_does_not_exist_would_be_found(kubectl, objects):
    """Strict validation finds a field that does not exist."""
    deployment = next(one for one in objects if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePolicy"] = "Always"
    assert "imagePolicy: field not declared in schema" in dry_run(kubectl, deployment).stderr


def test_every_pod_passes_the_restricted_standard(kubectl, objects, restricted):
    """Made as the Deployment's pod would be."""
    kubectl.apply(*(one for one in objects if one["kind"] == "ServiceAccount"))
    for one in objects:
        if one["kind"] == "Deployment":
            done = dry_run(kubectl, pod_of(one))
            assert (0, "") == (done.returncode, done.stderr)


def test_a_pod_that_may_become_root_would_be_refused(kubectl, objects, restricted):
    """The restricted Pod Security level refuses a pod that may become root."""
    kubectl.apply(*(one for one in objects if one["kind"] == "ServiceAccount"))
    pod = pod_of(next(one for one in objects if one["kind"] == "Deployment"))
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    assert "violates PodSecurity" in dry_run(kubectl, pod).stderr


def pod_of(deployment):
    """The pod that its template describes."""
    template = deployment["spec"]["template"]
    metadata = {"name": deployment["metadata"]["name"], "namespace": deployment["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"] | metadata, "spec": template["spec"]}
