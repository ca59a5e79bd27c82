"""What may happen to the objects that the operator reads, and that it follows again without a restart."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import manifests
import raw
from cluster.kubectl import Kubectl
from cluster.shared import Api
from installation import installed, own_address
from loaded_gateway import LoadedGateway, open_route
from postern_operator.cluster.watch.informer import FIRST_WATCH_S
from upstream import Upstream

ROOT = Path(__file__).parents[2]
# How soon something must be noticed that no watch tells of.
SECONDS = 10.0


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
    kubectl.delete_crds(f"{plural}.postern.dev")


def apply_crd(kubectl, plural):
    """Apply it again, and wait until the API server takes objects of the kind."""
    kubectl("apply", "--server-side", "--filename=-", input=yaml.safe_dump(crd_of(plural)), check=True)
    raw.until(lambda: kubectl("get", f"{plural}.postern.dev", "-A").returncode == 0, f"{plural} are there", SECONDS)


def restart_operator(gateway):
    """Let another one begin with nothing but the objects, and with the Lease that this one gives back."""
    assert 0 == gateway.installation.operator.stop()
    gateway.installation.operator = gateway.installation.start_operator(f"operator-{secrets.token_hex(4)}")
    gateway.installation.operator.has_said("leading", 60)


@pytest.mark.usefixtures("load")
@pytest.mark.parametrize(("plural", "kind"), [("consumers", "Consumer"), ("jwtpolicies", "JWTPolicy")])
def test_a_kind_that_is_gone_is_told_and_takes_nothing_from_others(gateway, kubectl, plural, kind):
    """A CRD is deleted, or not there yet: the operator is not ready and counts it, all else goes on, edits too."""
    delete_crd(kubectl, plural)
    sample = f'postern_operator_unreadable{{kind="{kind}",watched_namespace="{gateway.namespace}"}}'
    raw.until(lambda: f"{plural} of postern.dev" in gateway.why_not_ready(), "it is not ready", SECONDS)
    assert 1 == gateway.metric(sample)
    gateway.edit(SECONDS)
    restart_operator(gateway)
    gateway.edit()
    apply_crd(kubectl, plural)
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


WEB = "web.example.com"


@pytest.fixture
def pods():
    """Two applications on an address that an EndpointSlice takes."""
    pods = [Upstream(bind=own_address()) for _ in range(2)]
    yield pods
    for pod in pods:
        pod.close()


def slice_of(pod, name, service, namespace):
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4",
        "ports": [{"name": "", "port": pod.port, "protocol": "TCP"}],
        "endpoints": [{"addresses": [pod.address[0]], "conditions": {"ready": True}}],
    }


def test_a_slice_that_is_relabelled_gets_no_request_more(gateway, pods):
    """An EndpointSlice is relabelled to another Service: dropped at once, and no request fails for that."""
    namespace = gateway.namespace
    web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace}}
    upstream = {"service": {"name": "web", "port": 80}}
    gateway.apply(
        web | {"spec": {"ports": [{"port": 80}]}},
        *(slice_of(pod, f"web-{number}", "web", namespace) for number, pod in enumerate(pods)),
        manifests.service("web", namespace, hosts=[WEB], upstream=upstream),
        open_route("web", namespace, serviceRef={"name": "web"}),
    )
    gateway.until(200, "/web", host=WEB)
    began_s = time.monotonic()
    with gateway.load(WEB, "/web") as load:
        raw.until(lambda: time.monotonic() - began_s > FIRST_WATCH_S + 2, "a watch that lasts for minutes", 2 * SECONDS)
        raw.until(lambda: all(pod.requests for pod in pods), "both get requests", SECONDS)
        gateway.apply(slice_of(pods[1], "web-1", "another", namespace))

        def is_dropped():
            before = len(pods[1].requests)
            assert {200} == {gateway.installation.get(WEB, "/web").status for _ in range(20)}
            return before == len(pods[1].requests)

        raw.until(is_dropped, "the other slice alone", SECONDS)
    assert [] == load.failed


LOST = "lost.example.com"


@pytest.fixture
def tenants(kubectl, upstream, tmp_path):
    """A gateway for two namespaces, whose operator has rights in each of them by itself; the second is the lost one."""
    with installed(kubectl, tmp_path, "demo", "lost") as (installation, namespaces):
        gateway = LoadedGateway(installation, kubectl, namespaces[0])
        gateway.serve(upstream.url)
        gateway.serve(upstream.url, namespaces[1], LOST)
        for namespace in (installation.gateway_namespace, *namespaces):
            allow(gateway, namespace)
        set_rights_everywhere(gateway, [])
        yield gateway, namespaces[1]


def account_of(gateway):
    return {"kind": "ServiceAccount", "name": "postern-operator", "namespace": gateway.installation.gateway_namespace}


def allow(gateway, namespace):
    """Let the operator read one namespace."""
    role = gateway.kubectl.get("clusterrolebinding", binding_of(gateway), "")["roleRef"]
    metadata = {"name": "postern-reader", "namespace": namespace}
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding"}
    gateway.apply({**kind, "metadata": metadata, "roleRef": role, "subjects": [account_of(gateway)]})


def binding_of(gateway):
    return f"postern-operator-{gateway.installation.gateway_namespace}"


def set_rights_everywhere(gateway, subjects):
    patch = json.dumps({"subjects": subjects})
    gateway.kubectl("patch", "clusterrolebinding", binding_of(gateway), "--type=merge", "-p", patch, check=True)


def status_of(gateway):
    """What `kubectl postern status` says."""
    namespace = gateway.installation.gateway_namespace
    where = ["--gateway", f"default={namespace}", "--operator-namespace", namespace, "--direct"]
    command = [
        sys.executable,
        "-P",
        "-c",
        "from postern_cli.main import kubectl_main; kubectl_main()",
        "status",
        *where,
    ]
    environment = {**os.environ, "KUBECONFIG": str(gateway.kubectl.kubeconfig)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60).stdout


def test_a_lost_namespace_keeps_its_last_state_and_hinders_no_other(tenants, kubectl):
    """One of several watched namespaces is forbidden, and the operator restarts: it leads, the others are served."""
    gateway, lost = tenants
    sample = f'postern_operator_unreadable{{kind="Route",watched_namespace="{lost}"}}'
    with gateway.load(LOST) as of_the_lost, gateway.load() as of_the_other:
        kubectl("delete", "rolebinding", "postern-reader", f"-n{lost}", check=True)
        restart_operator(gateway)
        gateway.edit()
        gateway.apply(open_route("later", lost))
        gateway.edit()
        assert 404 == gateway.installation.get(LOST, "/later").status
        assert 1 == gateway.metric(sample)
        assert "" == gateway.why_not_ready()
        assert f"can't read routes of postern.dev/v1alpha1 in namespace {lost}: 403 Forbidden" in status_of(gateway)
        allow(gateway, lost)
        gateway.until(200, "/later", SECONDS, LOST)
        raw.until(lambda: "can't read" not in status_of(gateway), "the Lease says so")
        raw.until(
            lambda: 0 == gateway.metric(f'postern_operator_unreadable{{kind="Route",watched_namespace="{lost}"}}'),
            "it is read",
        )
    assert ([], []) == (of_the_lost.failed, of_the_other.failed)


def test_a_namespace_that_is_known_to_be_gone_is_withdrawn(tenants, kubectl):
    """One of several watched namespaces is gone with the operator's rights there: only who may look knows that."""
    gateway, lost = tenants
    with gateway.load() as load:
        assert 0 == gateway.installation.operator.stop()
        kubectl("delete", "namespace", lost, "--wait=true", check=True)
        gateway.installation.operator = gateway.installation.start_operator("operator-after-the-namespace")
        gateway.installation.operator.has_said("leading", 60)
        gateway.edit()
        assert 200 == gateway.installation.get(LOST, "/x").status
        set_rights_everywhere(gateway, [account_of(gateway)])
        gateway.until(404, "/x", SECONDS, LOST)
    assert [] == load.failed


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
