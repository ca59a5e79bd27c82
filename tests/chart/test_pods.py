"""What must hold of every pod and name, whatever the values: asked of each golden case."""

from __future__ import annotations

import pytest
import yaml

from helm_chart import CASES, only
from postern_dataplane.settings import read_settings as dataplane_settings
from postern_dataplane.sync.settings import read_settings as sync_settings
from postern_operator.cluster.settings import read_settings as operator_settings

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def objects(request):
    """The objects of a golden case, which test_golden compares with what is rendered."""
    return list(yaml.safe_load_all((request.param / "rendered.yaml").read_text().replace("\n  ...\n", "\n")))


def deployments(objects):
    return [it for it in objects if it["kind"] == "Deployment"]


def data_planes(objects):
    return [it["spec"]["template"]["spec"] for it in deployments(objects) if "initContainers" in pod(it)]


def pod(deployment):
    return deployment["spec"]["template"]["spec"]


def option(container, name):
    (found,) = [it.partition("=")[2] for it in container["args"] if it.startswith(f"--{name}=")]
    return found


def test_the_programs_understand_their_options(objects):
    """As they are read by the programs themselves."""
    operator = pod(next(it for it in deployments(objects) if it["metadata"]["name"] == "postern-operator"))
    gateways = operator_settings(operator["containers"][0]["args"]).gateways
    told = []
    for spec in data_planes(objects):
        (sync,), (proxy,) = spec["initContainers"], spec["containers"]
        sidecar = sync_settings(sync["args"])
        told.append((sidecar.gateway, sidecar.namespace))
        assert sidecar.config == dataplane_settings(proxy["args"]).config
    assert list(gateways) == told


def test_the_sidecar_alone_has_a_token(objects):
    """Only the sidecar, which stays beside the proxy, has a service account token."""
    for spec in data_planes(objects):
        (sync,), (proxy,) = spec["initContainers"], spec["containers"]
        assert (False, "Always") == (spec["automountServiceAccountToken"], sync["restartPolicy"])
        assert (True, False) == tuple(
            TOKEN in [it["mountPath"] for it in one["volumeMounts"]] or "api-token" in str(one["volumeMounts"])
            for one in (sync, proxy)
        )
    accounts = [it for it in objects if it["kind"] == "ServiceAccount"]
    assert {False} == {it["automountServiceAccountToken"] for it in accounts}


def test_the_snapshot_is_in_memory_and_in_a_folder_of_its_own(objects):
    """The root of the volume belongs to somebody else, so the folder is within it; the proxy can't write there."""
    for spec in data_planes(objects):
        (volume,) = [it for it in spec["volumes"] if "emptyDir" in it]
        assert volume["emptyDir"]["medium"] == "Memory"
        (mount,) = [it for it in spec["containers"][0]["volumeMounts"] if it["name"] == volume["name"]]
        assert mount["readOnly"]
        assert option(spec["containers"][0], "config").startswith(f"{mount['mountPath']}/")


def test_a_pod_has_time_to_drain(objects):
    """The kubelet waits longer than the wait before the stop, the grace, and the goodbye of the workers."""
    for spec in data_planes(objects):
        proxy = spec["containers"][0]
        sleep_s = proxy.get("lifecycle", {"preStop": {"sleep": {"seconds": 0}}})["preStop"]["sleep"]["seconds"]
        grace_s = int(option(proxy, "drain-grace").removesuffix("s"))
        assert spec["terminationGracePeriodSeconds"] > sleep_s + grace_s + 5


def test_both_containers_of_a_pod_are_one_user(objects):
    """The folder between them is for one user alone."""
    for spec in map(pod, deployments(objects)):
        assert spec["securityContext"]["runAsUser"]
        for container in spec["containers"] + spec.get("initContainers", []):
            assert "runAsUser" not in container["securityContext"]
            assert container["securityContext"]["readOnlyRootFilesystem"]


def test_a_selector_selects_its_pods_and_is_small(objects):
    """It can never change, so it names neither the release nor a version."""
    for deployment in deployments(objects):
        selector = deployment["spec"]["selector"]["matchLabels"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert selector.items() <= labels.items()
        assert set(selector) <= {"app.kubernetes.io/name", "app.kubernetes.io/component", "postern.dev/gateway"}
        assert {"helm.sh/chart", "app.kubernetes.io/version"}.isdisjoint(labels)


def test_every_object_has_the_standard_labels(objects):
    """Every object has the standard labels, by which all of a release can be found."""
    wanted = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "version", "managed-by", "part-of")}
    assert [] == [it["metadata"]["name"] for it in objects if not wanted <= set(it["metadata"]["labels"])]


def test_names_do_not_follow_the_release(helm):
    """The operator and `kubectl postern` look for some of them; a second release in a namespace is refused."""
    named = [
        {(it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"]) for it in yaml.safe_load_all(text)}
        for text in (helm.text(), helm.template(release="other").stdout)
    ]
    assert named[0] == named[1]


def test_two_releases_of_some_namespaces_share_nothing(helm):
    """When their namespaces and gateways differ, and one of them has the kinds."""
    other = {"crds": {"install": False}, "watchNamespaces": ["b"], "gateways": {"default": None, "other": {}}}
    done = helm.template(other, "--namespace=other-system")
    names = [
        {(it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"]) for it in some}
        for some in (helm.objects({"watchNamespaces": ["a"]}), yaml.safe_load_all(done.stdout))
    ]
    assert set() == names[0] & names[1]


def test_a_gateway_s_own_values_win(helm):
    """A gateway's own values replace the defaults, also where they are empty, zero or false."""
    own = {"createNamespace": False, "workers": 0, "topologySpreadConstraints": [], "namespace": "here"}
    objects = helm.objects({"gateways": {"default": own}})
    spec = only(objects, "Deployment", "postern-default")["spec"]["template"]["spec"]
    assert [] == [it for it in objects if it["kind"] == "Namespace"]
    assert "topologySpreadConstraints" not in spec
    assert "--workers" not in str(spec["containers"][0]["args"])
