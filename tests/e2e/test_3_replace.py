"""What a platform team does under constant load: upgrades, restarts, a drained node, Pods that are gone."""

from __future__ import annotations

import json

import pytest

from in_cluster import GATEWAY_NAMESPACE, OPERATOR, OPERATOR_NAMESPACE, PROXY, ends


@pytest.fixture(scope="module")
def token(cluster, walkthrough):
    return cluster.token()


def test_helm_upgrade_to_another_image(cluster, token):
    """Operator and data plane are replaced by the next release's."""
    with cluster.load("helm upgrade, another image", token):
        cluster.upgrade("image.tag=2")
        for deployment, namespace in ((OPERATOR, OPERATOR_NAMESPACE), (PROXY, GATEWAY_NAMESPACE)):
            cluster.rolled(deployment, namespace)
    images = {
        container["image"]
        for namespace in (OPERATOR_NAMESPACE, GATEWAY_NAMESPACE)
        for pod in cluster.pods(namespace)
        for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", [])
    }
    assert images == {"localhost/postern:2"}


def test_helm_upgrade_with_other_values(cluster, token):
    """More replicas and an access log."""
    with cluster.load("helm upgrade, other values", token):
        cluster.upgrade("image.tag=2", "gateways.default.replicas=3", "gateways.default.accessLog=1")
        cluster.rolled(PROXY, GATEWAY_NAMESPACE)
    assert len(cluster.pods(GATEWAY_NAMESPACE)) == 3


@pytest.mark.parametrize(
    ("deployment", "namespace"), [(OPERATOR, OPERATOR_NAMESPACE), (PROXY, GATEWAY_NAMESPACE)], ids=["operator", "proxy"]
)
def test_rollout_restart(cluster, token, deployment, namespace):
    """As `kubectl rollout restart` does it."""
    with cluster.load(f"rollout restart of {deployment}", token):
        cluster.roll(deployment, namespace)


def test_a_node_is_drained_of_a_data_plane_pod(cluster, token):
    """The Pod is evicted, and another takes its place once the node may be used again."""
    pod = cluster.pods(GATEWAY_NAMESPACE)[0]
    name, node = pod["metadata"]["name"], pod["spec"]["nodeName"]
    cluster.kubectl("label", "pod", name, f"--namespace={GATEWAY_NAMESPACE}", "e2e=drained", check=True)
    with cluster.load("kubectl drain of one data-plane Pod", token):
        cluster.kubectl("drain", node, "--pod-selector=e2e=drained", "--ignore-daemonsets", "--delete-emptydir-data",
                        "--timeout=120s", check=True)  # fmt: skip
        cluster.kubectl("uncordon", node, check=True)
        cluster.rolled(PROXY, GATEWAY_NAMESPACE)


@pytest.mark.parametrize("namespace", [OPERATOR_NAMESPACE, GATEWAY_NAMESPACE])
def test_each_pod_is_deleted_in_turn(cluster, token, namespace):
    """Whichever Pod of ours is gone, no client notices."""
    names = [pod["metadata"]["name"] for pod in cluster.pods(namespace)]
    deployment = OPERATOR if namespace == OPERATOR_NAMESPACE else PROXY
    for name in names:
        with cluster.load(f"kubectl delete pod {namespace}/{name}", token):
            cluster.kubectl("delete", "pod", name, f"--namespace={namespace}", check=True)
            cluster.rolled(deployment, namespace)


def test_the_leader_that_takes_over_acts(cluster, token):
    """After all of that an edit is still served, and told."""
    patch = json.dumps({"metadata": {"labels": {"e2e": "after"}}, "spec": {"methods": ["GET", "HEAD"]}})
    cluster.kubectl("patch", "routes.postern.dev/json", "--namespace=demo", "--type=merge", f"--patch={patch}",
                    check=True)  # fmt: skip
    cluster.until("HEAD is served", lambda: cluster.ask(token=token, method="HEAD").status == 200, timeout_s=10)
    cluster.wait_ready("routes")
    assert not [pod for pod in cluster.pods(GATEWAY_NAMESPACE) if ends(pod)]
