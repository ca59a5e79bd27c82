"""The walkthrough in a cluster: apply the first example, and the gateway answers as in local mode."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml

import raw
from installation import installed

EXAMPLE = Path(__file__).parents[2] / "examples/01-jwt-auth"
HOST = "auth.httpbin.org"


@pytest.fixture(scope="module")
def walkthrough(crds, kubectl, tmp_path_factory, upstream):
    """The example, applied as it is but for its namespace and the upstream's port."""
    with installed(kubectl, tmp_path_factory.mktemp("installation"), "demo") as (installation, [namespace]):
        documents = [yaml.safe_load(path.read_text()) for path in sorted(EXAMPLE.glob("*.yaml"))]
        text = json.dumps(documents).replace('"demo"', f'"{namespace}"').replace("8480", str(upstream.port))
        for manifest in json.loads(text):
            kubectl("apply", "-f", "-", input=json.dumps(manifest), check=True)
        kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"-n{namespace}", *OBJECTS, check=True)
        yield installation, namespace


OBJECTS = (
    "services.postern.dev/jwt-auth-app",
    "routes.postern.dev/json",
    "consumers.postern.dev/oiloil",
    "jwtcredentials.postern.dev/oiloil",
)


def test_the_gateway_answers_as_in_local_mode(walkthrough, upstream):
    """No token, a bad one, a good one, and no route."""
    installation, namespace = walkthrough
    token = installation.token(namespace, "oiloil-jwt", "oiloil_key")
    missing, bad = installation.get(HOST, "/v1/json"), installation.get(HOST, "/v1/json", token + "x")
    assert (401, "Missing JWT token in request") == (missing.status, missing.message)
    assert (401, "JWT token invalid") == (bad.status, bad.message)
    assert 404 == installation.get(HOST, "/v1/elsewhere", token).status
    upstream.forget()
    assert 200 == installation.get(HOST, "/v1/json", token).status
    [seen] = upstream.requests
    assert ("/json", "oiloil") == (seen.target, seen.fields["x-consumer-username"])


def test_an_edit_takes_effect(walkthrough, kubectl):
    """A route takes another path, and is told that it is served so."""
    installation, namespace = walkthrough
    token = installation.token(namespace, "oiloil-jwt", "oiloil_key")
    for path in ("/other", "/json"):
        patch = {"spec": {"paths": [{"type": "Exact", "value": path}]}}
        kubectl("patch", OBJECTS[1], f"-n{namespace}", "--type=merge", "-p", json.dumps(patch), check=True)
        assert installation.until_status(200, HOST, f"/v1{path}", token) < 5
        generation = kubectl.get("routes.postern.dev", "json", namespace)["metadata"]["generation"]
        jsonpath = f"--for=jsonpath={{.status.observedGeneration}}={generation}"
        kubectl("wait", jsonpath, "--timeout=30s", f"-n{namespace}", OBJECTS[1], check=True)
        kubectl("wait", "--for=condition=Programmed", "--timeout=30s", f"-n{namespace}", OBJECTS[1], check=True)


@pytest.mark.parametrize("it", OBJECTS)
def test_nothing_but_the_status_is_ours(walkthrough, kubectl, it):
    """No annotation, label or finalizer: GitOps sees no drift."""
    _, namespace = walkthrough
    kind, _, name = it.partition("/")
    done = kubectl("get", kind, name, f"-n{namespace}", "--show-managed-fields", "-ojson", check=True)
    metadata = json.loads(done.stdout)["metadata"]
    assert {"kubectl.kubernetes.io/last-applied-configuration"} == set(metadata["annotations"])
    assert [] == [metadata[name] for name in ("labels", "finalizers", "ownerReferences") if metadata.get(name)]
    ours = [fields for fields in metadata["managedFields"] if fields["manager"] == "postern"]
    assert [("status", ["f:status"])] == [(fields["subresource"], list(fields["fieldsV1"])) for fields in ours]


def test_a_published_object_is_put_back(walkthrough, kubectl):
    """An index, a shard and a generated Secret that somebody deletes are there again within seconds."""
    installation, namespace = walkthrough
    gateway = installation.gateway_namespace
    shards = kubectl("get", "secret", f"-n{gateway}", "-oname", check=True).stdout.split()
    for name in ("configmap/postern-index", *shards):
        uid = kubectl("get", name, f"-n{gateway}", "-ojsonpath={.metadata.uid}", check=True).stdout
        kubectl("delete", name, f"-n{gateway}", check=True)
        raw.until(lambda name=name, uid=uid: _uid(kubectl, name, gateway) not in ("", uid), f"{name} again")
    kubectl("delete", "secret", "oiloil-jwt", f"-n{namespace}", check=True)
    raw.until(lambda: _uid(kubectl, "secret/oiloil-jwt", namespace) != "", "another secret")
    installation.until_status(200, HOST, "/v1/json", installation.token(namespace, "oiloil-jwt", "oiloil_key"))


def _uid(kubectl, name, namespace):
    return kubectl("get", name, f"-n{namespace}", "-ojsonpath={.metadata.uid}").stdout


def test_no_secret_is_anywhere_but_in_secrets(walkthrough, kubectl):
    """The generated text and its bytes are in no ConfigMap, status, event or log."""
    installation, namespace = walkthrough
    stored = kubectl.get("secret", "oiloil-jwt", namespace)["data"]["secret"]
    kinds = "configmaps,events,services.postern.dev,routes.postern.dev,consumers.postern.dev,jwtcredentials.postern.dev"
    everything = "".join(
        kubectl("get", kinds, f"-n{it}", "-oyaml", check=True).stdout
        for it in (namespace, installation.gateway_namespace)
    )
    everything += installation.logs()
    assert [] == [text for text in (stored, base64.b64decode(stored).decode()) if text in everything]
