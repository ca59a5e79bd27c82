"""TLS from Secrets, as cert-manager makes them: by name, renewed under load, and a redirect for who comes without."""

from __future__ import annotations

import base64

import pytest

from cluster.pki import Authority
from in_cluster import GATEWAY, GATEWAY_NAMESPACE, HOST, PROXY

OTHER = "other.example.com"
URL = "https://postern-default.postern-default/v1/json"


@pytest.fixture(scope="module")
def authority():
    return Authority()


def store(cluster, authority, name, host):
    """Store a fresh certificate for a host in a Secret of the gateway's namespace."""
    pair = authority.server(host, addresses=())
    data = {"tls.crt": pair.certificate, "tls.key": pair.key}
    cluster.kubectl.apply({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": GATEWAY_NAMESPACE},
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }, options=("--force-conflicts",))  # fmt: skip


@pytest.fixture(scope="module")
def ca(cluster, authority):
    """The gateway with two certificates; gives what a client trusts."""
    store(cluster, authority, "main", HOST)
    store(cluster, authority, "other", OTHER)
    gateway = "gateways.default.tls"
    cluster.upgrade(
        "image.tag=2", f"{gateway}.enabled=true", f"{gateway}.secrets={{main,other}}", f"{gateway}.redirect=true"
    )
    cluster.rolled(PROXY, GATEWAY_NAMESPACE)
    return authority.certificate.decode()


@pytest.mark.parametrize("name", [HOST, OTHER])
def test_each_name_has_its_certificate(cluster, walkthrough, ca, name):
    """The client verifies it against the name that it asked for."""
    assert cluster.ask(URL, cluster.token(), ca=ca, server_name=name).status == 200


def test_without_tls_one_is_sent_there(cluster, walkthrough, ca):
    """308, so that the method stays; no token is asked for and nothing is forwarded."""
    answer = cluster.ask(f"{GATEWAY}/v1/json?a=b")
    assert (308, f"https://{HOST}/v1/json?a=b") == (answer.status, answer.headers["location"])


def test_a_certificate_is_renewed_under_load(cluster, walkthrough, authority, ca):
    """Every Pod takes the new one up, and no request fails meanwhile."""

    def times():
        return {
            line
            for pod in cluster.pods(GATEWAY_NAMESPACE)
            for line in cluster.metrics(pod).splitlines()
            if "certificate" in line and '"main"' in line
        }

    before = times()
    assert before
    with cluster.load("renewing a certificate", cluster.token(), URL, ca=ca, server_name=HOST):
        store(cluster, authority, "main", HOST)
        # The kubelet brings a changed Secret to its Pods within two minutes.
        cluster.until("every Pod has the new certificate", lambda: not before & times(), timeout_s=150)
    assert cluster.ask(URL, cluster.token(), ca=ca, server_name=HOST).status == 200
