"""Upstreams in a cluster: endpoints as a rollout leaves them, and addresses that are no application."""

from __future__ import annotations

import pytest

import manifests
import raw
from installation import installed, own_address
from load import Load
from upstream import Upstream

LEAVING = {"ready": False, "serving": True, "terminating": True}


@pytest.fixture(scope="module")
def bind():
    """Every address: that of an EndpointSlice is not on loopback."""
    return ""


@pytest.fixture(scope="module")
def other():
    upstream = Upstream(bind="")
    yield upstream
    upstream.close()


@pytest.fixture(scope="module")
def tenant(crds, kubectl, tmp_path_factory):
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "one") as (installation, [namespace]):
        yield installation, namespace


@pytest.fixture
def apply(kubectl):
    def apply(*objects):
        done = kubectl.apply(*objects)
        assert 0 == done.returncode, done.stderr

    return apply


def of_kubernetes(name, namespace, **spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": [{"name": "http", "port": 80, "protocol": "TCP"}]} | spec,
    }


def slice_of(namespace, address, port, family="IPv4", of="web", **conditions):
    labels = {"kubernetes.io/service-name": of}
    pod = {"kind": "Pod", "name": f"{of}-a", "namespace": namespace}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": family,
        "metadata": {"name": f"{of}-{family.lower()}", "namespace": namespace, "labels": labels},
        "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": conditions, "targetRef": pod}],
    }


def in_front_of(name, namespace, port="http"):
    return (
        manifests.service(
            name, namespace, hosts=[f"{name}.example.com"], upstream={"service": {"name": name, "port": port}}
        ),
        manifests.route(name, namespace, serviceRef={"name": name}),
    )


def warning_of(kubectl, namespace, name):
    """What the status warns of."""
    conditions = kubectl.get("services.postern.dev", name, namespace).get("status", {}).get("conditions", [])
    return next((it["message"] for it in conditions if it["type"] == "Accepted"), "")


def test_the_last_pods_serve_until_they_are_gone(tenant, kubectl, apply, upstream, other):
    """Endpoints that are not ready but terminating and serving get the requests, and none fails; the same way back."""
    installation, namespace = tenant
    leaving = slice_of(namespace, own_address(), upstream.port, **LEAVING)
    ready = slice_of(namespace, own_address(), other.port, ready=True)
    ready["metadata"]["name"] = "web-ready"
    apply(*in_front_of("web", namespace), of_kubernetes("web", namespace), leaving, ready)
    installation.until_status(200, "web.example.com", "/")
    with Load(lambda: installation.get("web.example.com", "/").status) as load:
        upstream.forget()
        kubectl("delete", "endpointslice", "web-ready", f"-n{namespace}", check=True)
        raw.until(lambda: upstream.requests, "requests to go to what is ending")
        other.forget()
        apply(ready)
        raw.until(lambda: other.requests, "requests to go to what is ready")
    assert (True, []) == (load.asked > 0, load.failed)


def test_a_pod_whose_first_family_is_unreachable_is_reached_by_the_other(tenant, apply, upstream):
    """An IPv6 slice beside the IPv4 one, and a Service that wants IPv6 first: no request fails."""
    installation, namespace = tenant
    both = {"clusterIP": "None", "ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv6", "IPv4"]}
    web = of_kubernetes("both", namespace, **both)
    slices = [
        slice_of(namespace, "2001:db8::1", upstream.port, "IPv6", of="both"),
        slice_of(namespace, own_address(), upstream.port, of="both"),
    ]
    apply(*in_front_of("both", namespace), web, *slices)
    installation.until_status(200, "both.example.com", "/")
    assert [200] * 5 == [installation.get("both.example.com", "/").status for _ in range(5)]


def test_an_external_name_leads_to_no_admin_port(tenant, kubectl, apply):
    """An ExternalName to `localhost` with the admin port, and one to the metadata service: neither is readable."""
    installation, namespace = tenant
    names = {"local": "localhost", "cloud": "169.254.169.254"}
    for name, external in names.items():
        service = of_kubernetes(name, namespace) | {"spec": {"type": "ExternalName", "externalName": external}}
        apply(service, *in_front_of(name, namespace, port=installation.admin[1]))
    admin = f"http://{installation.admin[0]}:{installation.admin[1]}"
    apply(manifests.service("own", namespace, hosts=["own.example.com"], upstream={"url": admin}))
    apply(manifests.route("own", namespace, serviceRef={"name": "own"}))
    installation.until_status(502, "cloud.example.com", "/config")
    # The gateway of the tests allows its own address, so that the admin port itself has to refuse.
    installation.until_status(403, "own.example.com", "/config")
    refused = [installation.get(f"{name}.example.com", "/metrics").status for name in ("own", "local", "cloud")]
    assert [403, 502, 502] == refused
    raw.until(lambda: "169.254.169.254 is metadata" in warning_of(kubectl, namespace, "cloud"), "the warning")
    raw.until(lambda: "localhost is loopback" in warning_of(kubectl, namespace, "local"), "the warning")
