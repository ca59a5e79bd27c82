"""What a tenant changes under constant load: keys, and the application's Pods."""

from __future__ import annotations

import base64
import secrets

import pytest

KEYS = ("first", "second")


@pytest.fixture(scope="module")
def keys(cluster, walkthrough):
    """Two Secrets with keys."""
    for name in KEYS:
        value = base64.b64encode(secrets.token_bytes(32)).decode()
        options = ("--namespace=demo", "--type=postern.dev/jwt-key", f"--from-literal=secret={value}")
        cluster.kubectl("create", "secret", "generic", name, *options, check=True)


def set_keys(cluster, *names):
    """Let the credential have these keys, and wait until every Pod serves that."""
    spec = {
        "consumerRef": {"name": "oiloil"},
        "key": "oiloil_key",
        "algorithm": "HS256",
        "keys": [{"id": it, "secretRef": {"name": it, "key": "secret", "encoding": "Base64"}} for it in names],
    }
    metadata = {"name": "oiloil", "namespace": "demo"}
    manifest = {"apiVersion": "postern.dev/v1alpha1", "kind": "JWTCredential", "metadata": metadata, "spec": spec}
    assert cluster.kubectl.apply(manifest, options=("--force-conflicts",)).returncode == 0
    generation = cluster.kubectl.get("jwtcredentials.postern.dev", "oiloil", "demo")["metadata"]["generation"]

    def is_served():
        conditions = cluster.kubectl.get("jwtcredentials.postern.dev", "oiloil", "demo")["status"]["conditions"]
        return any(
            (it["type"], it["status"], it["observedGeneration"]) == ("Ready", "True", generation) for it in conditions
        )

    cluster.until("the credential is Ready", is_served, timeout_s=15)


def test_a_key_is_rotated_with_two_live_keys(cluster, keys):
    """No request is refused while old and new tokens are in use; after it the old key is worth nothing."""
    set_keys(cluster, "first")
    old = cluster.token("--key-id=first")
    with cluster.load("key rotation", old):
        set_keys(cluster, *KEYS)
        new = cluster.token("--key-id=second")
        cluster.change_load(new)
        assert [200, 200] == [cluster.ask(token=it).status for it in (old, new)]
        set_keys(cluster, "second")
    assert [401, 200] == [cluster.ask(token=it).status for it in (old, new)]


def test_the_application_is_scaled_up_and_down(cluster, keys):
    """The gateway follows its ready endpoints, so that no request goes to a Pod that is not there."""
    set_keys(cluster, "second")
    with cluster.load("scaling the application 1, 3, 1", cluster.token()):
        for replicas in (3, 1):
            cluster.kubectl("scale", "deployment/httpbin", "--namespace=demo", f"--replicas={replicas}", check=True)
            cluster.rolled("deployment/httpbin", "demo")
