"""What breaks in a cluster, and that no request notices: each fault under a light constant load."""

from __future__ import annotations

import time

import pytest

import raw
from cluster.kubectl import Kubectl
from cluster.shared import Api
from installation import installed
from loaded_gateway import LoadedGateway

# For this long the API server is away in one of the tests.
AWAY_S = 60


@pytest.fixture(scope="module")
def plane(start_private_api, tmp_path_factory):
    return start_private_api(tmp_path_factory.mktemp("plane"))


@pytest.fixture(scope="module")
def kubectl(plane, api, tmp_path_factory):
    return Kubectl(Api(plane.kubeconfig, api.kubectl), tmp_path_factory.mktemp("kubectl"))


@pytest.fixture(scope="module")
def gateway(kubectl, upstream, tmp_path_factory):
    """A whole installation that serves one open route, `/x`."""
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "demo") as (installation, [namespace]):
        gateway = LoadedGateway(installation, kubectl, namespace)
        gateway.serve(upstream.url)
        yield gateway


@pytest.fixture(autouse=True)
def load(gateway):
    """Of none of the tests a request may notice anything."""
    with gateway.load() as load:
        yield
    assert [] == load.failed
    assert load.asked > 10


def test_the_only_operator_is_killed(gateway):
    """Another one takes over from the objects alone."""
    gateway.installation.operator.kill()
    gateway.installation.operator = gateway.installation.start_operator("after-kill")
    gateway.edit()


def test_the_sidecar_is_killed(gateway):
    """The proxy goes on; the next sidecar takes up what was published meanwhile."""
    gateway.installation.sidecar.kill()
    gateway.installation.sidecar = gateway.installation.start_sidecar()
    gateway.edit()


def test_the_index_is_deleted(gateway, kubectl):
    """It is put back, and nobody has served anything else meanwhile."""
    namespace = gateway.installation.gateway_namespace
    before = kubectl.get("configmap", "postern-index", namespace)
    kubectl("delete", "configmap", "postern-index", f"-n{namespace}", check=True)
    raw.until(lambda: uid_of_index(kubectl, namespace) not in ("", before["metadata"]["uid"]), "the index again")
    assert before["data"] == kubectl.get("configmap", "postern-index", namespace)["data"]
    gateway.edit()


def uid_of_index(kubectl, namespace):
    return kubectl("get", "configmap", "postern-index", f"-n{namespace}", "-ojsonpath={.metadata.uid}").stdout


def test_the_api_server_is_away_for_a_minute(gateway, plane):
    """What serves needs it for nothing; what is edited afterwards takes effect."""
    plane.stop_api()
    gone_at_s = time.monotonic()
    raw.until(lambda: time.monotonic() - gone_at_s > AWAY_S, "a minute to pass", AWAY_S + 5)
    plane.start_api()
    gateway.edit()


def test_etcd_and_the_api_server_are_killed(gateway, plane):
    """They come back with what they knew, and all watches begin anew."""
    plane.stop(kill=True)
    plane.start()
    gateway.edit()


def test_all_but_the_proxy_starts_while_there_is_no_api_server(gateway, plane):
    """They wait for it; the proxy serves what it has."""
    installation = gateway.installation
    plane.stop_api()
    installation.operator.kill()
    installation.sidecar.kill()
    installation.operator = installation.start_operator("early")
    installation.sidecar = installation.start_sidecar()
    installation.operator.has_said("objects can't be read, trying again")
    plane.start_api()
    gateway.edit()
