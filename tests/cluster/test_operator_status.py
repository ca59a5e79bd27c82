"""The truth of status: what is wrong is said with its reason, is what the gateway does, and heals by itself."""

from __future__ import annotations

import base64
import json

import pytest

import manifests
import raw
from installation import installed, signed
from postern_core.kinds import KINDS

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"fedcba9876543210fedcba9876543210"


@pytest.fixture(scope="module")
def module_tenants(crds, kubectl, tmp_path_factory):
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "one", "two") as (installation, namespaces):
        yield installation, namespaces


@pytest.fixture
def tenants(module_tenants, kubectl):
    """The installation, with nothing in its two namespaces."""
    yield module_tenants
    for namespace in module_tenants[1]:
        kinds = ",".join(f"{kind.plural}.postern.dev" for kind in KINDS.values())
        kubectl("delete", kinds, "--all", f"-n{namespace}", check=True)
        kubectl("delete", "secrets", "--all", f"-n{namespace}", check=True)


def application(upstream, namespace, host):
    """A Service and its one route, for whoever has a token."""
    return (
        manifests.service("app", namespace, hosts=[host], upstream={"url": upstream.url}, auth={"jwt": {}}),
        manifests.route("all", namespace),
    )


def secret(namespace, name="alice", key=KEY):
    data = {"secret": base64.b64encode(key).decode()}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "type": "postern.dev/jwt-key", "metadata": metadata, "data": data}


def apply(kubectl, *all_manifests):
    done = kubectl.apply(*all_manifests)
    assert 0 == done.returncode, done.stderr


def until_condition(kubectl, namespace, it, expected):
    """Wait for a condition to be so: its type, its status and its reason."""
    kind, _, name = it.partition("/")

    def is_so():
        conditions = kubectl.get(f"{kind}.postern.dev", name, namespace).get("status", {}).get("conditions", [])
        return expected in {f"{one['type']} {one['status']} {one['reason']}" for one in conditions}

    raw.until(is_so, f"{it}: {expected}")


def until_event(kubectl, namespace, name, reason):
    def is_there():
        done = kubectl("get", "events.events.k8s.io", f"-n{namespace}", "-ojson", check=True)
        found = {(one["regarding"]["name"], one["reason"]) for one in json.loads(done.stdout)["items"]}
        return (name, reason) in found

    raw.until(is_there, f"event {reason} of {name}")


def test_a_secret_may_come_later_and_go_before(tenants, kubectl, upstream):
    """The credential says so, its tokens are refused, and it comes back without being touched."""
    installation, [one, _] = tenants
    apply(kubectl, *application(upstream, one, "late.example.com"), manifests.consumer(namespace=one))
    apply(kubectl, manifests.credential(namespace=one))
    until_condition(kubectl, one, "jwtcredentials/alice", "ResolvedRefs False SecretNotFound")
    until_event(kubectl, one, "alice", "SecretNotFound")
    installation.until_status(401, "late.example.com", "/", signed(KEY, "alice"))

    apply(kubectl, secret(one))
    assert installation.until_status(200, "late.example.com", "/", signed(KEY, "alice")) < 5
    until_condition(kubectl, one, "jwtcredentials/alice", "Ready True Ready")
    until_event(kubectl, one, "alice", "Programmed")

    kubectl("delete", "secret", "alice", f"-n{one}", check=True)
    installation.until_status(401, "late.example.com", "/", signed(KEY, "alice"))
    until_condition(kubectl, one, "jwtcredentials/alice", "Ready False SecretNotFound")


def test_garbage_in_a_secret_is_said(tenants, kubectl, upstream):
    """A private key is no HMAC secret; another value heals it."""
    installation, [one, _] = tenants
    apply(kubectl, *application(upstream, one, "garbage.example.com"), manifests.consumer(namespace=one))
    apply(kubectl, secret(one, key=b"-----BEGIN PRIVATE KEY-----"), manifests.credential(namespace=one))
    until_condition(kubectl, one, "jwtcredentials/alice", "ResolvedRefs False InvalidKeyMaterial")
    until_event(kubectl, one, "alice", "InvalidKeyMaterial")
    apply(kubectl, secret(one))
    installation.until_status(200, "garbage.example.com", "/", signed(KEY, "alice"))


def test_a_secret_is_used_when_its_mark_comes_and_no_longer_when_it_goes(tenants, kubectl, upstream):
    """Labelling a Secret puts it into use and unlabelling ends that, without a change of credential or key."""
    installation, [one, _] = tenants
    ask = ("marked.example.com", "/", signed(KEY, "alice"))
    apply(kubectl, *application(upstream, one, "marked.example.com"), manifests.consumer(namespace=one))
    apply(kubectl, secret(one) | {"type": "Opaque"}, manifests.credential(namespace=one))
    until_condition(kubectl, one, "jwtcredentials/alice", "ResolvedRefs False SecretNotFound")
    kubectl("label", "secret/alice", f"-n{one}", "postern.dev/use=jwt-key", check=True)
    assert installation.until_status(200, *ask) < 5
    kubectl("label", "secret/alice", f"-n{one}", "postern.dev/use-", check=True)
    installation.until_status(401, *ask)


def test_of_two_credentials_with_one_key_the_older_serves(tenants, kubectl, upstream):
    """The newer is told; when the older goes, it serves."""
    installation, [one, _] = tenants
    apply(kubectl, *application(upstream, one, "twice.example.com"), manifests.consumer(namespace=one))
    apply(kubectl, secret(one), secret(one, "b", OTHER_KEY), manifests.credential("older", one, key="k"))
    installation.until_status(200, "twice.example.com", "/", signed(KEY, "k"))
    # Ages are whole seconds; within one the name decides, and "newer" comes before "older".
    created = kubectl.get("jwtcredentials.postern.dev", "older", one)["metadata"]["creationTimestamp"]
    raw.until(lambda: _later(kubectl, one, created), "a second")
    keys = [{"secretRef": {"name": "b", "key": "secret"}}]
    apply(kubectl, manifests.credential("newer", one, key="k", keys=keys))
    until_condition(kubectl, one, "jwtcredentials/newer", "Accepted False Conflicted")
    until_event(kubectl, one, "newer", "Conflicted")
    assert 200 == installation.get("twice.example.com", "/", signed(KEY, "k")).status
    assert 401 == installation.get("twice.example.com", "/", signed(OTHER_KEY, "k")).status

    kubectl("delete", "jwtcredentials.postern.dev", "older", f"-n{one}", check=True)
    installation.until_status(200, "twice.example.com", "/", signed(OTHER_KEY, "k"))
    until_condition(kubectl, one, "jwtcredentials/newer", "Accepted True Accepted")


def test_a_host_belongs_to_who_claimed_it_first(tenants, kubectl, upstream):
    """The other namespace is told, and gets the host when it is free."""
    installation, [one, two] = tenants
    apply(kubectl, *application(upstream, one, "mine.example.com"))
    installation.until_status(401, "mine.example.com", "/")
    created = kubectl.get("services.postern.dev", "app", one)["metadata"]["creationTimestamp"]
    raw.until(lambda: _later(kubectl, two, created), "a second")
    apply(kubectl, manifests.service("app", two, hosts=["mine.example.com"], upstream={"url": upstream.url}))
    apply(kubectl, manifests.route("all", two, auth={"jwt": {"mode": "Disabled"}}))
    until_condition(kubectl, two, "services/app", "Accepted False HostConflict")
    until_event(kubectl, two, "app", "HostConflict")
    assert 401 == installation.get("mine.example.com", "/").status

    kubectl("delete", "services.postern.dev", "app", f"-n{one}", check=True)
    installation.until_status(200, "mine.example.com", "/")
    until_condition(kubectl, two, "services/app", "Ready True Ready")


def test_a_route_waits_for_its_service(tenants, kubectl, upstream):
    """It is told that there is none, and serves as soon as there is."""
    installation, [one, _] = tenants
    apply(kubectl, manifests.route("all", one))
    until_condition(kubectl, one, "routes/all", "ResolvedRefs False ServiceNotFound")
    until_event(kubectl, one, "all", "ServiceNotFound")
    installation.until_status(404, "wait.example.com", "/")
    apply(kubectl, application(upstream, one, "wait.example.com")[0])
    installation.until_status(401, "wait.example.com", "/")
    until_condition(kubectl, one, "routes/all", "Ready True Ready")


def test_a_kubernetes_service_is_followed(tenants, kubectl, upstream):
    """Its ready endpoints are the upstream; without it there is 503, and the reason in the status."""
    installation, [one, _] = tenants
    spec = {"hosts": ["inner.example.com"], "upstream": {"service": {"name": "web", "port": 80}}}
    apply(kubectl, manifests.manifest("Service", "app", spec, one))
    apply(kubectl, manifests.route("all", one))
    until_condition(kubectl, one, "services/app", "ResolvedRefs False UpstreamNotFound")
    installation.until_status(503, "inner.example.com", "/")

    ports = [{"name": "http", "port": 80, "protocol": "TCP"}]
    web = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": one},
        "spec": {"ports": ports},
    }
    labels = {"kubernetes.io/service-name": "web"}
    slice_ = {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "web-1", "namespace": one, "labels": labels},
        "ports": [{"name": "http", "port": 9, "protocol": "TCP"}],
        "endpoints": [{"addresses": ["192.0.2.9"], "conditions": {"ready": False}}],
    }  # fmt: skip
    apply(kubectl, web, slice_)
    until_condition(kubectl, one, "services/app", "ResolvedRefs True ResolvedRefs")


def _later(kubectl, namespace, created):
    """Whether an object that is made now is younger, by the API server's clock."""
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "clock", "namespace": namespace}}
    kubectl("delete", "configmap", "clock", f"-n{namespace}", "--ignore-not-found", check=True)
    apply(kubectl, probe)
    return kubectl.get("configmap", "clock", namespace)["metadata"]["creationTimestamp"] > created
