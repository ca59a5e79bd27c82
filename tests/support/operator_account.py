"""The operator's own account in a test's namespace: exactly the rights of deploy/rbac/operator.yaml."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import yaml
from kubernetes.aio.client import ApiClient

from cluster.kubectl import Kubectl
from postern_operator.cluster.api.connection import api_configuration

ACCOUNT = "postern-operator"
RIGHTS = Path(__file__).parents[2] / "deploy/rbac/operator.yaml"
# One namespace of a test stands for both of an installation.
NAMESPACES = ("postern-system", "postern-default")


@contextlib.contextmanager
def operator_account(kubectl: Kubectl, namespace: str, folder: Path) -> Iterator[Kubectl]:
    """kubectl as the operator that is installed in a namespace and publishes into it."""
    done = kubectl.apply(*rights_in(namespace))
    assert done.returncode == 0, done.stderr
    try:
        yield kubectl.as_account(namespace, ACCOUNT, folder / f"{ACCOUNT}.kubeconfig")
    finally:
        kubectl("delete", "clusterrolebinding", f"{ACCOUNT}-{namespace}", check=True)


@contextlib.asynccontextmanager
async def operator_client(kubectl: Kubectl, namespace: str, folder: Path) -> AsyncIterator[ApiClient]:
    """A client with the operator's rights."""
    with operator_account(kubectl, namespace, folder) as operator:
        async with client_of(operator.kubeconfig) as client:
            yield client


@contextlib.asynccontextmanager
async def client_of(kubeconfig: Path) -> AsyncIterator[ApiClient]:
    """A client as the operator makes it."""
    client = ApiClient(await api_configuration(str(kubeconfig)))
    try:
        yield client
    finally:
        await client.close()


def rights_in(namespace: str) -> list[dict[str, Any]]:
    """The manifests, for a namespace, and for tests that run at the same time."""
    text = RIGHTS.read_text(encoding="utf-8")
    for one in NAMESPACES:
        text = text.replace(one, namespace)
    manifests = list(yaml.safe_load_all(text))
    for manifest in manifests:
        if manifest["kind"] == "ClusterRoleBinding":
            manifest["metadata"]["name"] += f"-{namespace}"
    return manifests
