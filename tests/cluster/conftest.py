"""What the tests against a real API server stand on; without one they are skipped, and say what they need."""

from __future__ import annotations

import secrets

import pytest

from argocd import Comparing
from cluster import fixtures
from cluster.build import NotBuilt
from cluster.control_plane import ControlPlane
from cluster.kubectl import Kubectl, service_account_kubeconfig
from cluster.shared import Api
from cluster.sources import NoCluster, find_programs
from helm_chart import NoHelm, find_helm
from upstream import Upstream

api, crds, kubectl = fixtures.api, fixtures.crds, fixtures.kubectl


@pytest.fixture(scope="module")
def bind():
    """Where the application of a module listens; one with pods of its own has another fixture of this name."""
    return "127.0.0.1"


@pytest.fixture(scope="module")
def upstream(bind):
    """What is behind the gateways of a module."""
    upstream = Upstream(bind=bind)
    yield upstream
    upstream.close()


@pytest.fixture
def namespace(kubectl):
    """A fresh namespace, deleted afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    kubectl("create", "namespace", name, check=True)
    yield name
    kubectl("delete", "namespace", name, "--wait=false", check=True)


@pytest.fixture
def account(kubectl, tmp_path):
    """`account(namespace, name)`: the kubeconfig of a service account, made if need be, to start a process under."""
    return lambda namespace, name: service_account_kubeconfig(
        kubectl, namespace, name, tmp_path / f"{namespace}-{name}.kubeconfig"
    )


@pytest.fixture(scope="session")
def start_private_api():
    """Starts control planes of a test's own, which it may stop and start; our kinds are installed."""
    planes = []

    def start(folder):
        try:
            programs = find_programs()
        except NoCluster as missing:
            pytest.skip(f"needs {missing}")
        planes.append(ControlPlane(programs, folder))
        planes[-1].start()
        fixtures.install_crds(Kubectl(Api(planes[-1].kubeconfig, programs.kubectl), folder))
        return planes[-1]

    yield start
    for plane in planes:
        plane.stop()


@pytest.fixture
def private_api(start_private_api, tmp_path):
    """A control plane of the test's own, running."""
    plane = start_private_api(tmp_path)
    yield plane
    plane.stop()


@pytest.fixture(scope="session")
def helm(tmp_path_factory):
    """One of both helms, which render alike."""
    try:
        return find_helm("helm 4", tmp_path_factory.mktemp("helm"), "make cluster-test")
    except NoHelm as missing:
        pytest.skip(f"needs {missing}")


@pytest.fixture(scope="session")
def comparing(tmp_path_factory):
    """`comparing(kubeconfig, manifests, "team", changes)`: what Argo CD calls OutOfSync."""
    try:
        return Comparing(tmp_path_factory.mktemp("applications"))
    except NotBuilt as missing:
        pytest.skip(f"needs {missing}")
