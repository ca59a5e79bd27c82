"""An application behind an Ingress, with TLS and a policy of its own, beside the walkthrough."""

from __future__ import annotations

import base64
import json

import pytest

from cluster.pki import Authority
from in_cluster import GATEWAY_NAMESPACE, PROXY, ROOT

INGRESS = ROOT / "tests" / "e2e" / "manifests" / "ingress.yaml"
HOST = "shop.example.com"
URL = "https://postern-default.postern-default/anything/a"


@pytest.fixture(scope="module")
def ca(cluster, walkthrough):
    """The chart with Ingresses and TLS, and the application; gives what a client trusts."""
    authority = Authority()
    pair = authority.server(HOST, addresses=())
    data = {"tls.crt": pair.certificate, "tls.key": pair.key}
    with cluster.load("helm upgrade, Ingresses and TLS", cluster.token()):
        cluster.upgrade(
            "image.tag=2", "ingress.enabled=true", "ingress.addresses=ClusterIP", "gateways.default.tls.enabled=true"
        )
        cluster.rolled(PROXY, GATEWAY_NAMESPACE)
    cluster.kubectl.apply({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "shop-tls", "namespace": "demo"},
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    })  # fmt: skip
    cluster.apply(INGRESS)
    trusted = authority.certificate.decode()
    cluster.until("the certificate is shown", lambda: is_shown(cluster, trusted))
    return trusted


def is_shown(cluster, ca):
    """Whether a client that trusts nothing else gets an answer."""
    try:
        return ask(cluster, ca).status == 401
    except AssertionError:
        return False


def ask(cluster, ca, token=""):
    """One request as a client of the application sends it."""
    return cluster.ask(URL, token, headers={"Host": HOST}, ca=ca, server_name=HOST)


def test_the_ingress_has_the_address_of_the_gateway(cluster, ca):
    """It is what external-dns and people read."""
    service = cluster.kubectl.get("services", "postern-default", GATEWAY_NAMESPACE)

    def addresses():
        found = cluster.kubectl.get("ingresses.networking.k8s.io", "shop", "demo")
        return found["status"].get("loadBalancer", {}).get("ingress", [])

    cluster.until("the Ingress has an address", addresses)
    assert [{"ip": service["spec"]["clusterIP"]}] == [{"ip": it["ip"]} for it in addresses()]


def test_its_policy_protects_it_under_its_own_certificate(cluster, walkthrough, ca):
    """The client verifies the certificate; who calls is said to the application."""
    assert [401, 401] == [ask(cluster, ca, token).status for token in ("", f"{walkthrough}x")]
    answer = ask(cluster, ca, cluster.token())
    assert answer.status == 200, answer
    assert json.loads(answer.body)["headers"]["X-Consumer-Username"] == "oiloil"


def test_without_its_policy_it_is_closed(cluster, ca):
    """The annotation still names it."""
    cluster.kubectl("delete", "jwtpolicies.postern.dev", "signed", "--namespace=demo", check=True)
    cluster.until("the Ingress is refused", lambda: ask(cluster, ca, cluster.token()).status == 503)
    cluster.apply(INGRESS)
    cluster.until("the Ingress is served again", lambda: ask(cluster, ca, cluster.token()).status == 200)
    cluster.kubectl("delete", f"--filename={INGRESS}", check=True)
