"""What stolen Pods are worth: what each container of ours is given, and what its account may do."""

from __future__ import annotations

import json

import pytest

from in_cluster import GATEWAY_NAMESPACE, OPERATOR_NAMESPACE

OPERATOR = f"system:serviceaccount:{OPERATOR_NAMESPACE}:postern-operator"
SYNC = f"system:serviceaccount:{GATEWAY_NAMESPACE}:postern-sync"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"


def container(cluster, name):
    """A container of a data-plane Pod, as it runs."""
    spec = cluster.pods(GATEWAY_NAMESPACE)[0]["spec"]
    return next(it for it in spec["containers"] + spec["initContainers"] if it["name"] == name)


def test_the_proxy_has_no_token(cluster, walkthrough):
    """Nothing of the API server's is mounted into it; the sidecar has its own."""
    mounts = {name: [it["mountPath"] for it in container(cluster, name)["volumeMounts"]] for name in ("proxy", "sync")}
    assert (False, True) == (TOKEN in mounts["proxy"], TOKEN in mounts["sync"])


def test_the_proxy_can_not_read_a_token(cluster, walkthrough):
    """Not by any path: its file system has none."""
    pod = cluster.pods(GATEWAY_NAMESPACE)[0]["metadata"]["name"]
    program = f"import os; print(os.path.exists('{TOKEN}'))"
    asked = ("exec", pod, f"--namespace={GATEWAY_NAMESPACE}", "--container=proxy", "--", "python3", "-c", program)
    assert cluster.kubectl(*asked, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("verb", "resource", "namespace", "may"),
    [
        ("get", "secrets", GATEWAY_NAMESPACE, "yes"),
        ("watch", "configmaps", GATEWAY_NAMESPACE, "yes"),
        ("list", "secrets", GATEWAY_NAMESPACE, "no"),
        ("update", "configmaps", GATEWAY_NAMESPACE, "no"),
        ("get", "secrets", "demo", "no"),
        ("get", "secrets", OPERATOR_NAMESPACE, "no"),
        ("create", "pods", GATEWAY_NAMESPACE, "no"),
    ],
)
def test_the_sidecar_may_read_its_gateway_and_nothing_else(cluster, verb, resource, namespace, may):
    """As the installed chart grants it."""
    asked = ("auth", "can-i", verb, resource, f"--namespace={namespace}", f"--as={SYNC}")
    assert cluster.kubectl(*asked).stdout.strip() == may


def test_the_operator_can_not_make_itself_another_account(cluster):
    """A Secret that Kubernetes would fill with a token; an ordinary one it may make, for keys that it generates."""
    metadata = {"name": "stolen", "annotations": {"kubernetes.io/service-account.name": "default"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    said = []
    for type_ in ("kubernetes.io/service-account-token", "Opaque"):
        asked = ("create", "--namespace=kube-system", f"--as={OPERATOR}", "--dry-run=server", "--filename=-")
        said.append(cluster.kubectl(*asked, input=json.dumps(secret | {"type": type_})))
    assert "the operator makes Opaque Secrets and no others" in said[0].stderr
    assert said[1].returncode == 0, said[1].stderr


@pytest.mark.parametrize("namespace", [OPERATOR_NAMESPACE, GATEWAY_NAMESPACE])
def test_every_pod_passes_the_restricted_standard(cluster, namespace):
    """Asked of the API server: enforcing `restricted` here would warn of nothing."""
    asked = ("label", "--dry-run=server", "--overwrite", "namespace", namespace)
    done = cluster.kubectl(*asked, "pod-security.kubernetes.io/enforce=restricted", check=True)
    assert "Warning" not in done.stderr


@pytest.mark.parametrize("namespace", [OPERATOR_NAMESPACE, GATEWAY_NAMESPACE])
def test_no_secret_is_in_a_log(cluster, walkthrough, namespace):
    """Of any container; the generated secret and the tokens were all used by now."""
    stored = cluster.kubectl.get("secret", "oiloil-jwt", "demo")["data"]["secret"]
    asked = ("logs", f"--namespace={namespace}", "--selector=app.kubernetes.io/name=postern", "--all-containers")
    logs = cluster.kubectl(*asked, "--tail=-1", check=True).stdout
    assert (True, False, False) == (bool(logs), stored in logs, walkthrough in logs)
