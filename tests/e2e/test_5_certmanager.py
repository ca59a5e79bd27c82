"""cert-manager gets certificates by HTTP-01 through a gateway that sends all else to HTTPS and requires policies."""

from __future__ import annotations

import json
import time

import pytest

from cert_manager import FOLDER, CertManager
from cluster.build import NotBuilt
from in_cluster import GATEWAY_NAMESPACE, PROXY

SHOP, STORE = "shop.example.com", "store.example.com"
URL = "https://postern-default.postern-default"
HANDSHAKES = 10
# Where nothing else runs it is one; a machine that does much else takes four.
SOON_S = 20
ROUTE = {
    "apiVersion": "postern.dev/v1alpha1",
    "kind": "Route",
    "metadata": {"name": "open", "namespace": "shop"},
    "spec": {"serviceRef": {"name": "shop"}, "auth": {"jwt": {"mode": "Disabled"}}},
}


@pytest.fixture(scope="module")
def strict_gateway(cluster, walkthrough):
    """A gateway with TLS, a redirect, policies for all and no certificate; afterwards it is as it was."""
    gateway = "gateways.default"
    cluster.upgrade(
        "image.tag=2", "ingress.enabled=true", f"{gateway}.tls.enabled=true", f"{gateway}.tls.redirect=true",
        f"{gateway}.requirePolicy=true",
    )  # fmt: skip
    cluster.rolled(PROXY, GATEWAY_NAMESPACE)
    yield
    cluster.upgrade("image.tag=2")
    cluster.rolled(PROXY, GATEWAY_NAMESPACE)


@pytest.fixture(scope="module")
def certificates(cluster, place, strict_gateway, tmp_path_factory, say):
    """cert-manager, and an application in a namespace of its own, whose certificates are still to come."""
    try:
        installed = CertManager(cluster, place, tmp_path_factory.mktemp("cert-manager"))
    except NotBuilt as missing:
        pytest.skip(f"needs {missing}")
    say("helm install cert-manager ...")
    began = time.monotonic()
    installed.install()
    say(f"cert-manager and Pebble serve after {time.monotonic() - began:.0f} s")
    cluster.kubectl("create", "namespace", "shop", check=True)
    application = (FOLDER.parent / "manifests" / "httpbin.yaml").read_text()
    application = application.replace("{name: httpbin, namespace: demo}", "{name: shop, namespace: shop}")
    cluster.kubectl("apply", "--filename=-", input=application, check=True)
    cluster.kubectl("rollout", "status", "deployment/shop", "--namespace=shop", "--timeout=60s", check=True)
    # cert-manager's webhook is trusted once its cainjector has seen to that.
    cluster.until("the Issuer is there", lambda: cluster.kubectl.apply(*installed.issuer()).returncode == 0)
    yield installed
    cluster.kubectl("delete", "namespace", "shop", check=True)
    installed.close()


@pytest.fixture(scope="module")
def issued(cluster, certificates, say):
    """Both certificates, Ready."""
    began = time.monotonic()
    cluster.apply(FOLDER / "service.yaml")
    cluster.apply(FOLDER / "ingress.yaml")
    done = cluster.kubectl.apply(ROUTE)
    assert done.returncode == 0, done.stderr
    cluster.until("there are two Certificates", lambda: len(found(cluster)) == 2)
    cluster.until("the Certificates are Ready", lambda: {"True"} == set(found(cluster).values()))
    say(f"both certificates were issued in {time.monotonic() - began:.0f} s")
    return certificates


def found(cluster):
    """Whether each Certificate is Ready, by its name."""
    listed = cluster.kubectl("get", "certificates.cert-manager.io", "--namespace=shop", "--output=json", check=True)
    return {
        it["metadata"]["name"]: one["status"]
        for it in json.loads(listed.stdout)["items"]
        for one in it.get("status", {}).get("conditions", ())
        if one["type"] == "Ready"
    }


@pytest.mark.parametrize(("host", "status"), [(SHOP, 200), (STORE, 401)])
def test_a_host_gets_its_certificate_through_the_gateway(cluster, issued, host, status):
    """The Secret of the Service, and that of the Ingress, which keeps its policy; a client verifies both."""
    cluster.until("the certificate is shown", lambda: cluster.certificate(host, issued.root), timeout_s=SOON_S)
    answer = cluster.ask(f"{URL}/get", headers={"Host": host}, ca=issued.root, server_name=host)
    assert status == answer.status, answer


def test_all_but_the_challenge_goes_to_https(cluster, issued):
    """What no solver answers any more is a request like any other, and no path leads past the redirect."""
    paths = ("/get", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/x/../../../get")
    plain = URL.replace("https", "http")
    assert [308] * 3 == [cluster.ask(f"{plain}{path}", headers={"Host": STORE}).status for path in paths]
    answer = cluster.ask(f"{plain}/.well-known/acme-challenge/x", headers={"Host": STORE})
    assert 401 == answer.status, answer


def test_no_solver_is_left(cluster, issued):
    """cert-manager takes back what it made for the challenges."""
    kinds = "ingresses.networking.k8s.io,pods"
    listed = ("get", kinds, "--namespace=shop", "--selector=acme.cert-manager.io/http01-solver=true", "--output=name")
    cluster.until("the solvers are gone", lambda: not cluster.kubectl(*listed, check=True).stdout)


def test_a_certificate_is_renewed_under_load(cluster, issued, say):
    """No handshake and no request fails, and within seconds every new handshake is shown the new certificate."""
    serial = cluster.certificate(SHOP, issued.root)
    secret = cluster.kubectl.get("secret", "shop-tls", "shop")["data"]["tls.crt"]
    shown = []

    def are_all_new():
        shown.append({cluster.certificate(SHOP, issued.root) for _ in range(HANDSHAKES)})
        return 1 == len(shown[-1]) and serial not in shown[-1]

    with cluster.load(
        "cert-manager renews", "", f"{URL}/get", headers={"Host": SHOP}, ca=issued.root, server_name=SHOP
    ):
        issued.renew("shop", "shop")
        cluster.until(
            "the Secret is renewed",
            lambda: cluster.kubectl.get("secret", "shop-tls", "shop")["data"]["tls.crt"] != secret,
        )
        began = time.monotonic()
        cluster.until("the new certificate is shown", lambda: cluster.certificate(SHOP, issued.root) != serial, SOON_S)
        say(f"the first handshake with the new certificate {time.monotonic() - began:.1f} s after the Secret")
        cluster.until("every handshake is shown it", are_all_new, SOON_S)
    assert "" not in set().union(*shown), shown
