"""`kubectl postern`, run by kubectl itself, against objects that a real operator looks after."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml

import manifests
import raw
from cluster.kubectl import service_account_kubeconfig
from installation import installed
from postern_core.kinds import KINDS
from upstream import Upstream

SCRIPT = f"""#!{sys.executable} -P
from postern_cli.main import kubectl_main

kubectl_main()
"""
HOST = "plugin.example.com"


@pytest.fixture(scope="module")
def plugin(api, kubectl, tmp_path_factory):
    """`plugin("status")`: what kubectl makes of `kubectl postern status`, by default as administrator."""
    folder = tmp_path_factory.mktemp("plugin")
    script = folder / "kubectl-postern"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"

    def run(*arguments, kubeconfig=None):
        environment = {**os.environ, "PATH": path, "KUBECONFIG": str(kubeconfig or kubectl.kubeconfig)}
        return subprocess.run(
            [api.kubectl, "postern", *map(str, arguments)],
            env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def tenant(crds, kubectl, tmp_path_factory):
    """An installation, and a namespace with one protected application whose secret was generated."""
    upstream = Upstream()
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "tenant") as (installation, [namespace]):
        done = kubectl.apply(
            manifests.service(namespace=namespace, hosts=[HOST], upstream={"url": upstream.url}, auth={"jwt": {}}),
            manifests.route(namespace=namespace),
            manifests.consumer(namespace=namespace),
            manifests.credential(namespace=namespace, keys=[]),
        )
        assert 0 == done.returncode, done.stderr
        kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"-n{namespace}", "--all", "prt,pjwt", check=True)
        yield installation, namespace
    upstream.close()


def status_of(plugin, tenant, *options, kubeconfig=None):
    installation, namespace = tenant
    gateway = installation.gateway_namespace
    where = ("-n", namespace, "--gateway", f"default={gateway}", "--operator-namespace", gateway)
    return plugin("status", *where, *options, kubeconfig=kubeconfig)


def test_a_token_is_taken_by_the_gateway(plugin, tenant):
    """It is signed with the Secret that the operator has generated, which is not printed."""
    installation, namespace = tenant
    done = plugin("token", "--credential", "alice", "-n", namespace, "--ttl", "5m")
    assert (0, "") == (done.returncode, done.stderr)
    installation.until_status(200, HOST, "/", done.stdout.strip())


def test_a_request_is_explained(plugin, tenant):
    """As the gateway answers it."""
    _, namespace = tenant
    token = plugin("token", "--credential", "alice", "-n", namespace, "--ttl", "5m").stdout.strip()
    url = f"http://{HOST}/"
    taken = plugin("explain", "-n", namespace, "--", "GET", url, "-H", f"Authorization: Bearer {token}")
    assert (0, True) == (taken.returncode, "The caller is the consumer alice." in taken.stdout)
    assert "missing_token" in plugin("explain", "-n", namespace, "--", "GET", url).stdout


def test_a_namespace_is_checked(plugin, tenant, tmp_path):
    """It is fine, and what a folder would bring is told before it is applied."""
    _, namespace = tenant
    done = plugin("validate", "-n", namespace)
    assert (0, True) == (done.returncode, "4 objects are fine" in done.stdout)
    lost = manifests.route("lost", namespace, serviceRef={"name": "nowhere"})
    (tmp_path / "lost.yaml").write_text(yaml.safe_dump(lost))
    done = plugin("validate", "-n", namespace, tmp_path)
    assert (1, True) == (done.returncode, f"error: Route {namespace}/lost: spec.serviceRef" in done.stdout)


def test_the_status_is_a_tree(plugin, tenant):
    """Of everything, down to what each data plane serves."""
    installation, namespace = tenant
    raw.until(lambda: json.loads(status_of(plugin, tenant, "-o", "json").stdout)["is_ready"], "all is well")
    lines = status_of(plugin, tenant).stdout.splitlines()
    assert lines[0].startswith(f"Operator, Lease {installation.gateway_namespace}/postern-operator: held by ")
    assert lines[1].startswith(f"Gateway default, namespace {installation.gateway_namespace}: ")
    assert lines[1].endswith(" is published, 1 of 1 ready pod serves it")
    assert lines[2].startswith(f"├── Address {installation.admin[0]}:{installation.admin[1]}: serves ")
    assert [
        f"└── Service {namespace}/app: Ready",
        f"    └── Route {namespace}/all: Ready",
        "Consumers",
        f"└── Consumer {namespace}/alice: Ready",
        f"    └── JWTCredential {namespace}/alice (key alice, HS256, Secret alice-jwt): Ready",
        "All is well: 4 objects.",
    ] == lines[3:]


def test_a_tenant_sees_what_is_his(plugin, tenant, kubectl, tmp_path):
    """With a right to list our kinds in one namespace, the rest is told as unknown, without a traceback."""
    _, namespace = tenant
    kinds = ",".join(f"{kind.plural}.postern.dev" for kind in KINDS.values())
    kubectl("create", "role", "viewer", "--verb=list", f"--resource={kinds}", f"-n{namespace}", check=True)
    kubectl(
        "create", "rolebinding", "viewer", "--role=viewer", f"--serviceaccount={namespace}:viewer", f"-n{namespace}",
        check=True,
    )  # fmt: skip
    viewer = service_account_kubeconfig(kubectl, namespace, "viewer", tmp_path / "kubeconfig")
    done = status_of(plugin, tenant, kubeconfig=viewer)
    assert (0, "") == (done.returncode, done.stderr)
    assert "unknown (403 Forbidden: you may not get lease postern-operator there)" in done.stdout
    assert f"    └── Route {namespace}/all: Ready" in done.stdout

    done = plugin("validate", kubeconfig=viewer)
    assert (0, True) == (done.returncode, f"Route of all namespaces but {namespace} (403 Forbidden)" in done.stdout)
    done = plugin("token", "--credential", "alice", "--ttl", "5m", kubeconfig=viewer)
    told = f"Error: a token can't be made without Secret {namespace}/alice-jwt (403 Forbidden)\n"
    assert (1, "", told) == (done.returncode, done.stdout, done.stderr)


def test_a_stranger_is_told_which_right_to_ask_for(plugin, tenant, kubectl, tmp_path):
    """Nothing can be listed, and nothing is shown."""
    _, namespace = tenant
    stranger = service_account_kubeconfig(kubectl, namespace, "stranger", tmp_path / "kubeconfig")
    done = plugin("validate", kubeconfig=stranger)
    assert (1, "") == (done.returncode, done.stdout)
    assert f"in namespace {namespace} (403 Forbidden); ask for the verb `list`" in done.stderr


def test_a_pod_is_asked_through_the_api_server(plugin, tenant, kubectl, namespace):
    """Here no pod runs, so that the way ends at the API server; who may not go it is told of the other."""
    metadata = {"name": "slice", "namespace": namespace, "labels": {"kubernetes.io/service-name": "postern-admin"}}
    endpoint = {
        "addresses": ["192.0.2.9"],
        "targetRef": {"kind": "Pod", "name": "gone", "namespace": namespace},
    }
    done = kubectl.apply({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata, "addressType": "IPv4",
        "ports": [{"name": "admin", "port": 9081, "protocol": "TCP"}], "endpoints": [endpoint],
    })  # fmt: skip
    assert 0 == done.returncode, done.stderr
    told = json.loads(plugin("status", "-n", tenant[1], "--gateway", f"default={namespace}", "-o", "json").stdout)
    [gateway] = told["gateways"]
    assert [("gone", "404 Not Found: it gives no answer")] == [(it["name"], it["unknown"]) for it in gateway["pods"]]
