"""What may happen to the objects that the operator reads, and that it follows again without a restart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

import raw
from cluster.kubectl import Kubectl
from cluster.shared import Api
from installation import installed
from loaded_gateway import LoadedGateway, open_route
from upstream import Upstream

ROOT = Path(__file__).parents[2]
# How soon something must be noticed that no watch tells of.
SECONDS = 10.0


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("plane")


@pytest.fixture(scope="module")
def plane(start_private_api, folder):
    return start_private_api(folder)


@pytest.fixture(scope="module")
def kubectl(plane, api, tmp_path_factory):
    return Kubectl(Api(plane.kubeconfig, api.kubectl), tmp_path_factory.mktemp("kubectl"))


@pytest.fixture(scope="module")
def gateway(kubectl, upstream, tmp_path_factory):
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "demo") as (installation, [namespace]):
        gateway = LoadedGateway(installation, kubectl, namespace)
        gateway.serve(upstream.url)
        yield gateway


@pytest.fixture
def load(gateway):
    """A light constant load, of which no request may fail."""
    with gateway.load() as load:
        yield
    assert [] == load.failed
    assert load.asked > 10


def crd_of(plural):
    [path] = (ROOT / "crds").glob(f"*{plural}.yaml")
    return yaml.safe_load(path.read_text())


def delete_crd(kubectl, plural):
    kubectl("delete", "customresourcedefinition", f"{plural}.postern.dev", "--wait=true", check=True)


def apply_crd(kubectl, plural):
    """Apply it again, and wait until the API server takes objects of the kind."""
    kubectl("apply", "--server-side", "--filename=-", input=yaml.safe_dump(crd_of(plural)), check=True)
    raw.until(lambda: kubectl("get", f"{plural}.postern.dev", "-A").returncode == 0, f"{plural} are there", SECONDS)


@pytest.mark.usefixtures("load")
def test_a_kind_that_is_gone_is_told_and_takes_nothing_from_others(gateway, kubectl):
    """A CRD is deleted: the operator is not ready and counts it, what is served goes on, edits of others too."""
    delete_crd(kubectl, "consumers")
    sample = f'postern_operator_unreadable{{kind="Consumer",namespace="{gateway.namespace}"}}'
    raw.until(lambda: "consumers of postern.dev" in gateway.why_not_ready(), "it is not ready", SECONDS)
    assert 1 == gateway.metric(sample)
    gateway.edit(SECONDS)
    apply_crd(kubectl, "consumers")
    raw.until(lambda: gateway.why_not_ready() == "", "it is ready again", SECONDS)
    assert 0 == gateway.metric(sample)


@pytest.mark.parametrize("is_noticed", [False, True], ids=["at once", "after it was noticed"])
def test_a_crd_is_deleted_and_applied_again_then_a_route_edited(gateway, kubectl, is_noticed):
    """A CRD deleted and applied again, then a Route edited: the kind is watched again within seconds."""
    gateway.edit()
    delete_crd(kubectl, "routes")
    gateway.until(404, "/x")
    if is_noticed:
        raw.until(lambda: "routes of postern.dev" in gateway.why_not_ready(), "it is not ready", SECONDS)
    apply_crd(kubectl, "routes")
    gateway.apply(open_route("x", gateway.namespace))
    gateway.until(200, "/x", SECONDS)
    gateway.edit(SECONDS)


@pytest.mark.usefixtures("load")
def test_etcd_is_restored(gateway, kubectl, plane, folder):
    """The resourceVersion goes back: that is noticed and everything is listed afresh, an old generation too."""
    before = gateway.edit()
    plane.stop()
    shutil.copytree(folder / "etcd", folder / "backup")
    plane.start()
    lost = gateway.edit()
    moved = {"paths": [{"type": "Exact", "value": "/moved"}]}
    gateway.apply(open_route(before, gateway.namespace, **moved))
    gateway.until(200, "/moved")
    for _ in range(20):
        gateway.edit()
    plane.stop()
    shutil.rmtree(folder / "etcd")
    shutil.move(folder / "backup", folder / "etcd")
    plane.start()
    gateway.until(404, f"/{lost}")
    gateway.until(404, "/moved")
    gateway.until(200, f"/{before}")
    gateway.installation.operator.has_said("the API server went back to an earlier version, listing everything")
    # Its second generation once more, with another spec.
    other = {"paths": [{"type": "Exact", "value": "/elsewhere"}]}
    gateway.apply(open_route(before, gateway.namespace, **other))
    gateway.until(200, "/elsewhere", SECONDS)
    gateway.edit(SECONDS)
