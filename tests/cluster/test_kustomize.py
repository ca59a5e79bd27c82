"""Kustomize itself, the one within kubectl: with our component no reference is lost."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certificates import Authority
from cluster.sources import NoCluster, find_programs
from manifests import manifest, route, service
from postern_core.compile import compile_snapshot
from postern_core.parse import is_known, parse_manifest
from postern_operator.validators import VALIDATORS

COMPONENT = Path(__file__).parents[2] / "kustomize"


def credential(name, **spec):
    return manifest("JWTCredential", name, {"consumerRef": {"name": "alice"}, "key": name} | spec)


ISSUER = {
    "issuer": "https://idp.example.com",
    "keys": {"ref": {"name": "public", "key": "jwks.json"}},
    "anyAudience": True,
    "callers": {"claim": ["azp"]},
}


def objects():
    """Objects that use every reference there is, some to generated objects, and both kinds that are called Service."""
    allow = {"consumers": ["alice", "guest", "other/alice"]}
    jwt = {"mode": "Optional", "anonymousConsumer": {"name": "guest"}, "allow": allow}
    upstream = {"service": {"name": "app", "port": "https"}, "tls": {"caCertificateRef": {"name": "ca"}}}
    by_secret = {"keys": [{"secretRef": {"name": "alice", "key": "secret"}}]}
    by_map = {"keys": [{"publicKeyRef": {"kind": "ConfigMap", "name": "public", "key": "key.pem"}}]}
    external = {"type": "ExternalName", "externalName": "a.example", "ports": [{"name": "https", "port": 443}]}
    listed = {"revoked": {"jtisFrom": {"kind": "ConfigMap", "name": "revoked", "key": "ids"}}}
    return [
        service(upstream=upstream, auth={"jwt": jwt}),
        route(auth={"jwt": jwt}),
        manifest("Consumer", "alice", {}),
        manifest("Consumer", "guest", {}),
        credential("shared", algorithm="HS256", **by_secret),
        credential("public", algorithm="EdDSA", **by_map, **listed),
        manifest("JWTCredential", "bound", {"consumerRef": {"name": "alice"}, "issuerRef": {"name": "idp"}}),
        manifest("TokenIssuer", "idp", ISSUER),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "app"}, "spec": external},
    ]


@pytest.fixture
def kustomized(tmp_path):
    """The objects as kustomize builds them, with a prefix and with hashes."""
    (tmp_path / "objects.yaml").write_text(yaml.safe_dump_all(objects()))
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    (tmp_path / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [jwk]}))
    (tmp_path / "ca.crt").write_text(Authority("CA").pem)
    transformed = {
        "namespace": "demo",
        "namePrefix": "staging-",
        "secretGenerator": [{"name": "alice", "type": "postern.dev/jwt-key", "literals": [f"secret={'x' * 32}"]}],
        "configMapGenerator": [
            {"name": "public", "files": ["key.pem", "jwks.json"]},
            {"name": "ca", "files": ["ca.crt"]},
            {"name": "revoked", "literals": ["ids=one"]},
        ],
    }
    component = os.path.relpath(COMPONENT, tmp_path.resolve())
    kustomization = {"resources": ["objects.yaml"], "components": [component]} | transformed
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    try:
        kubectl = find_programs().kubectl
    except NoCluster as missing:
        pytest.skip(f"needs {missing}")
    done = subprocess.run([kubectl, "kustomize", tmp_path], capture_output=True, text=True, check=False)
    assert ("", 0) == (done.stderr, done.returncode)
    return list(yaml.safe_load_all(done.stdout))


def test_no_reference_breaks(kustomized):
    """Names with a prefix and hashes are followed by every field of the six kinds, so that all is resolved."""
    resources = [parse_manifest(it) for it in kustomized if is_known(it)]
    compiled = compile_snapshot(resources, inspectors=VALIDATORS)
    assert [] == [problem for problem in compiled.problems if not problem.is_warning]
    assert {"staging-alice", "staging-guest"} == {it.name for it in compiled.snapshot.consumers}


def test_a_name_of_another_namespace_stays(kustomized):
    """It is no object of the kustomization; and a credential's `key` is what tokens name, not an object."""
    by_name = {(it["apiVersion"], it["kind"], it["metadata"]["name"]): it for it in kustomized}
    made = by_name["postern.dev/v1alpha1", "Service", "staging-app"]["spec"]
    assert ["staging-alice", "staging-guest", "other/alice"] == made["auth"]["jwt"]["allow"]["consumers"]
    assert "staging-app" == made["upstream"]["service"]["name"]
    assert "public" == by_name["postern.dev/v1alpha1", "JWTCredential", "staging-public"]["spec"]["key"]
