"""The chart, applied as Argo CD applies it: what is there stays as it is in Git, by Argo CD's own code."""

from __future__ import annotations

import pytest
import yaml

import raw
from argocd import STRUCTURED, application_of
from cluster.kubectl import Kubectl
from cluster.shared import Api
from helm_chart import NAMESPACE

APPLY = ("apply", "--server-side", "--force-conflicts", "--field-manager=argocd-controller", "--filename=-")
AUTOSCALED = {"gateways": {"default": {"autoscaling": {"enabled": True, "minReplicas": 3}}}}


@pytest.fixture(scope="module")
def plane(start_private_api, tmp_path_factory, api):
    """kubectl for a cluster that is for these tests alone: some objects of the chart belong to no namespace."""
    plane = start_private_api(tmp_path_factory.mktemp("plane"))
    kubectl = Kubectl(Api(plane.kubeconfig, api.kubectl), tmp_path_factory.mktemp("kubectl"))
    kubectl("create", "namespace", NAMESPACE, check=True)
    yield kubectl
    plane.stop()


def rendered(helm, values):
    """What Argo CD would apply: with no cluster to look things up in."""
    found = helm.objects(values)
    for one in found:
        one["metadata"].setdefault("annotations", {})["argocd.argoproj.io/tracking-id"] = f"postern:{one['kind']}"
    return found


@pytest.fixture
def shipped():
    """The values of the Application."""
    return application_of("postern")["spec"]["source"]["helm"]["valuesObject"]


@pytest.mark.parametrize("changes", [{}, STRUCTURED], ids=["as shipped", "structured"])
def test_the_chart_does_not_drift(helm, plane, comparing, shipped, changes):
    """With the values of the Application, no field needs to be ignored."""
    objects = rendered(helm, shipped)
    plane(*APPLY, input=yaml.safe_dump_all(objects), check=True)
    assert [] == comparing(plane.kubeconfig, objects, "postern", changes)


def test_what_is_changed_by_hand_is_seen(helm, plane, comparing, shipped):
    """Argo CD reports an object that was changed by hand as out of sync."""
    objects = rendered(helm, shipped)
    plane(*APPLY, input=yaml.safe_dump_all(objects), check=True)
    plane("scale", "deployment/postern-operator", "--replicas=1", f"-n{NAMESPACE}", check=True)
    assert ["Deployment postern-operator"] == comparing(plane.kubeconfig, objects, "postern", {})


def test_what_an_autoscaler_does_is_no_drift(helm, plane, comparing):
    """The number of pods is the autoscaler's then, and Argo CD does not take it back."""
    objects = rendered(helm, AUTOSCALED)
    plane(*APPLY, input=yaml.safe_dump_all(objects), check=True)
    # Without a metric it still sees to the fewest pods.
    raw.until(lambda: 3 == pods(plane), "the autoscaler at work")
    assert [] == comparing(plane.kubeconfig, objects, "postern", {})
    plane(*APPLY, input=yaml.safe_dump_all(objects), check=True)
    assert 3 == pods(plane)


def pods(plane):
    return plane.get("deployment", "postern-default", "postern-default")["spec"]["replicas"]
