"""Releases of the chart before a real API server: they come, change and go, and their accounts may do what they must.

No node is there, so no Pod ever runs; what a release does to requests is measured by `make e2e`.
"""

from __future__ import annotations

import json
import shutil

import pytest

import raw
from cluster.kubectl import Kubectl
from cluster.shared import Api
from helm_chart import CHART, MODULES, NAMESPACE, RELEASE, NoHelm, find_helm
from installation import Process
from postern_core.kinds import KINDS

GATEWAY_NAMESPACE = "postern-default"
# That a test may leave behind, with their namespaces.
RELEASES = {RELEASE: NAMESPACE, "second": "second"}


@pytest.fixture(scope="module", params=MODULES)
def helm(request, tmp_path_factory):
    """Each of both helms in turn."""
    try:
        return find_helm(request.param, tmp_path_factory.mktemp("helm"), "make cluster-test")
    except NoHelm as missing:
        pytest.skip(f"needs {missing}")


@pytest.fixture(scope="module")
def plane(start_private_api, tmp_path_factory, api):
    """kubectl for a cluster that is for these tests alone: some objects of a release belong to no namespace."""
    plane = start_private_api(tmp_path_factory.mktemp("plane"))
    yield Kubectl(Api(plane.kubeconfig, api.kubectl), tmp_path_factory.mktemp("kubectl"))
    plane.stop()


@pytest.fixture
def release(helm, plane, tmp_path):
    """`release("install", ...)`: helm with that cluster, which has none of our kinds; the chart is a copy to change."""
    plane.delete_crds()
    chart = shutil.copytree(CHART, tmp_path / "chart")

    def release(verb, *options, name=RELEASE, namespace=NAMESPACE):
        asked = [verb, name, *([] if verb == "uninstall" else [chart, "--create-namespace"])]
        return helm(*asked, f"--namespace={namespace}", f"--kubeconfig={plane.kubeconfig}", *options)

    release.chart = chart
    yield release
    for name, namespace in RELEASES.items():
        release("uninstall", name=name, namespace=namespace)
    plane.until_gone("namespace", GATEWAY_NAMESPACE, "edge")


def good(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_release_comes_changes_and_goes(release, plane):
    """Installed, upgraded with its kinds, and uninstalled but for them."""
    notes = good(release("install"))
    assert ("http://postern-default.postern-default\n" in notes, "kubectl postern status" in notes) == (True, True)
    before = generations(plane)
    good(release("upgrade"))
    assert before == generations(plane)

    definition = release.chart / "files" / "crds" / "routes.yaml"
    definition.write_text(definition.read_text().replace("    - prt\n", "    - prt\n    - newer\n"))
    good(release("upgrade"))
    assert ["prt", "newer"] == plane.get("crd", "routes.postern.dev", "")["spec"]["names"]["shortNames"]

    good(release("uninstall"))
    assert len(json.loads(plane("get", "crd", "--output=json", check=True).stdout)["items"]) == len(KINDS)
    assert plane("get", "clusterrole,clusterrolebinding", "--selector=app.kubernetes.io/name=postern").stdout == ""
    # What it left is its own when it comes again.
    plane.until_gone("namespace", GATEWAY_NAMESPACE)
    good(release("install"))


def test_a_second_operator_of_the_whole_cluster_is_refused(release):
    """Two would contradict each other in every status; one that watches other namespaces only is welcome."""
    good(release("install"))
    options = ("--set=crds.install=false", "--set=gateways.default.namespace=edge")
    done = release("install", *options, name="second", namespace="second")
    assert (1, True) == (done.returncode, 'ClusterRole "postern-operator"' in done.stderr), done.stderr
    assert "invalid ownership metadata" in done.stderr
    good(release("install", *options, "--set=watchNamespaces={default}", name="second", namespace="second"))


def test_kinds_that_are_there_are_taken_over_when_asked(release, plane):
    """As the README says, when something else has installed them."""
    plane("apply", "--server-side", f"--filename={CHART / 'files' / 'crds'}", check=True)
    assert "invalid ownership metadata" in release("install").stderr
    good(release("install", "--take-ownership"))


def test_scaling_by_load_begins_where_it_is(release, plane):
    """The autoscaler takes over the pods that are there, and an upgrade leaves what it has chosen."""
    good(release("install", "--set=gateways.default.replicas=4"))
    scaled = "--set=gateways.default.autoscaling.enabled=true"
    good(release("upgrade", scaled))
    assert replicas(plane) == 4
    plane("scale", "deployment/postern-default", f"--namespace={GATEWAY_NAMESPACE}", "--replicas=7", check=True)
    good(release("upgrade", scaled, "--set=gateways.default.workers=3"))
    assert replicas(plane) == 7


@pytest.mark.parametrize("helm", ["helm 4"], indirect=True)  # They render the same Roles.
@pytest.mark.parametrize("watched", ["", "{default}"], ids=["all namespaces", "some namespaces"])
def test_the_accounts_have_the_rights_that_they_need(release, plane, tmp_path, watched):
    """The operator publishes and the sidecar fetches, each as its account, and nothing is refused to them."""
    good(release("install", *([f"--set=watchNamespaces={watched}"] if watched else [])))
    plane("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s", check=True)
    operator = plane.as_account(NAMESPACE, "postern-operator", tmp_path / "operator.kubeconfig")
    sidecar = plane.as_account(GATEWAY_NAMESPACE, "postern-sync", tmp_path / "sync.kubeconfig")
    told = [f"--gateway=default={GATEWAY_NAMESPACE}", f"--lease-namespace={NAMESPACE}", "--admin=127.0.0.1:0"]
    told += ["--namespace=default"] if watched else []
    processes = [Process("postern_operator", tmp_path / "operator", *told, f"--kubeconfig={operator.kubeconfig}")]
    try:
        is_published = ("get", "configmap", "postern-index", f"--namespace={GATEWAY_NAMESPACE}")
        raw.until(lambda: plane(*is_published).returncode == 0, "the index", 60)
        told = (f"--config={tmp_path / 'config'}", f"--namespace={GATEWAY_NAMESPACE}")
        processes.append(
            Process("postern_dataplane.sync", tmp_path / "sync", *told, f"--kubeconfig={sidecar.kubeconfig}")
        )
        processes[1].has_said("generation installed", patience_s=60)
        # The operator makes a Secret for a credential without keys, and an Event of what it can't accept.
        plane.apply(CREDENTIAL)
        raw.until(lambda: plane("get", "secret", "c-jwt").returncode == 0, "the Secret of a credential", 60)
        raw.until(lambda: "ConsumerNotFound" in plane("get", "events.events.k8s.io").stdout, "its Event", 60)
        assert [] == [line for process in processes for line in process.said() if is_complaint(line)]
    finally:
        for process in processes:
            process.close()


CREDENTIAL = {
    "apiVersion": "postern.dev/v1alpha1",
    "kind": "JWTCredential",
    "metadata": {"name": "c", "namespace": "default"},
    "spec": {"consumerRef": {"name": "nobody"}, "algorithm": "HS256"},
}


def is_complaint(line):
    return line.get("level") not in ("info", "debug")


def replicas(kubectl):
    return kubectl.get("deployment", "postern-default", GATEWAY_NAMESPACE)["spec"]["replicas"]


def generations(kubectl):
    """Of everything that has one: a change of a spec raises it."""
    done = kubectl("get", "deployments,crds,pdb", "--all-namespaces", "--output=json", check=True)
    found = json.loads(done.stdout)["items"]
    return {(one["kind"], one["metadata"]["name"]): one["metadata"]["generation"] for one in found}
