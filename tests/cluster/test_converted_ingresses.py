"""`postern convert ingress-nginx --cluster` against a real API server: its rights, and what that says of the output."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from cluster.kubectl import service_account_kubeconfig
from gateway import POSTERN
from manifests import kubernetes_service
from nginx_ingresses import ingress

pytestmark = pytest.mark.usefixtures("crds")

ANNOTATIONS = (
    {"whitelist-source-range": "10.0.0.0/8", "proxy-body-size": "8m", "limit-rps": "10"},
    {"enable-cors": "true", "cors-allow-origin": "https://a.example.com"},
    {"rewrite-target": "/$2"},
    {"permanent-redirect": "https://www.example.com", "permanent-redirect-code": "308"},
    {"app-root": "/app", "from-to-www-redirect": "true", "server-alias": "alias.example.com"},
    {"proxy-next-upstream": "error http_503", "proxy-read-timeout": "30"},
    {"backend-protocol": "HTTPS", "mirror-target": "https://next.example.com$request_uri"},
    {"auth-url": "http://login"},
    {},
)


def sources(namespace):
    """Ingresses of nginx with all sorts of annotations, the Service that they name, and a Secret."""
    paths = {2: "/a(/|$)(.*)"}
    made = [
        ingress(f"it-{number}", paths.get(number, "/"), host=f"h{number}.{namespace}.example.com", annotations=it)
        for number, it in enumerate(ANNOTATIONS)
    ]
    made[2]["spec"]["rules"][0]["http"]["paths"][0]["pathType"] = "ImplementationSpecific"
    made[0]["spec"]["tls"] = [{"secretName": "shop-tls", "hosts": [f"h0.{namespace}.example.com"]}]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop-tls"}, "stringData": {"a": "b"}}
    every = [kubernetes_service("shop")[0], secret, *made]
    return [it | {"metadata": it["metadata"] | {"namespace": namespace}} for it in every]


@pytest.fixture
def reader(kubectl, namespace, tmp_path):
    """A kubeconfig of an account that may list Ingresses and get Services of the namespace, and nothing else."""
    for verb, kind in (("list", "ingresses.networking.k8s.io"), ("get", "services")):
        name = f"{verb}-it"
        kubectl("create", "role", name, f"--verb={verb}", f"--resource={kind}", f"-n{namespace}", check=True)
        account = f"--serviceaccount={namespace}:reader"
        kubectl("create", "rolebinding", name, f"--role={name}", account, f"-n{namespace}", check=True)
    return service_account_kubeconfig(kubectl, namespace, "reader", tmp_path / "kubeconfig")


def test_what_is_converted_is_accepted(kubectl, namespace, reader):
    """Two rights are enough, no Secret is read, and the API server takes the output beside the Ingresses of nginx."""
    done = kubectl.apply(*sources(namespace))
    assert 0 == done.returncode, done.stderr
    command = [POSTERN, "convert", "ingress-nginx", "--cluster", "-n", namespace, "--kubeconfig", reader]
    done = subprocess.run([*command, "--suffix=-postern"], capture_output=True, text=True, check=False, timeout=60)
    assert 1 == done.returncode
    assert "9 Ingresses: 7 as Services and Routes, 1 with another class alone, 1 left to do." in done.stderr
    made = [it for it in yaml.safe_load_all(done.stdout) if it]
    applied = kubectl.apply(*made)
    assert 0 == applied.returncode, applied.stderr
    kept = {it["metadata"]["name"] for it in made if it["kind"] == "Ingress"}
    assert {"it-7-postern", "it-8-postern"} == kept
    assert "nginx" == kubectl.get("ingress", "it-8", namespace)["spec"]["ingressClassName"]
