"""The harness itself: what the other tests of this folder take for granted."""

from __future__ import annotations

import pytest

from cluster.kubectl import Kubectl
from cluster.shared import Api

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}, "data": {"a": "b"}}


def test_a_namespace_can_be_used_at_once(kubectl, namespace):
    """What a test creates in its namespace is there."""
    done = kubectl.apply(CONFIG_MAP, options=(f"--namespace={namespace}",))
    assert "configmap/kept serverside-applied\n" == done.stdout
    assert {"a": "b"} == kubectl.get("configmap", "kept", namespace)["data"]


def test_an_account_has_the_rights_that_it_was_given(kubectl, account, namespace, api, tmp_path):
    """A process under a service account may do what a Role says, and nothing else."""
    kubectl("create", "role", "reader", "--verb=get", "--resource=secrets", f"-n{namespace}", check=True)
    kubectl(
        "create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:reader", f"-n{namespace}",
        check=True,
    )  # fmt: skip
    reader = Kubectl(api, tmp_path, account(namespace, "reader"))

    assert "yes\n" == reader("auth", "can-i", "get", "secrets").stdout
    assert "no\n" == reader("auth", "can-i", "list", "secrets").stdout
    assert "no\n" == reader("auth", "can-i", "get", "secrets", "--namespace=default").stdout


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_private_api_keeps_its_objects(private_api, api, tmp_path, is_killed):
    """An API server that was stopped, or killed, is the same after it has been started again."""
    kubectl = Kubectl(Api(private_api.kubeconfig, api.kubectl), tmp_path)
    kubectl.apply(CONFIG_MAP)

    private_api.stop_api(kill=is_killed)
    assert "refused" in kubectl("get", "configmap", "kept").stderr
    private_api.start_api()
    assert {"a": "b"} == kubectl.get("configmap", "kept", "default")["data"]
