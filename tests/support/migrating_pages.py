"""The manifests of docs/migrating, as they stand there, and what a test puts in place of the real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import RSAAlgorithm

import provider_pages
import tokens

FOLDER = Path(__file__).parents[2] / "docs/migrating"
# That of ingress-nginx shows what is converted, and is tested where that is.
PAGES = ("apisix-jwt-auth", "kong-jwt", "envoy-gateway")
KID = "login-1"

Manifests = list[dict[str, Any]]


def manifests_of(page: str) -> Manifests:
    """The objects that a page shows as its manifest."""
    return provider_pages.manifests_of(page, FOLDER)


def served(page: str, upstream: str) -> Manifests:
    """The same before another application, with a public key of the tests in place of the one that is shown."""
    public = (tokens.KEYS / "rsa3072.pub.pem").read_text()
    made = manifests_of(page)
    for it in made:
        if it["kind"] == "Service":
            it["spec"]["upstream"] = {"url": upstream}
        if it["kind"] == "JWTCredential" and it["spec"]["algorithm"] == "RS256":
            it["spec"]["keys"] = [{"publicKey": public}]
        if it["kind"] == "TokenIssuer" and "url" in it["spec"]["keys"]:
            it["spec"]["keys"] = {"ref": {"name": "fetched", "key": "jwks"}}
            made.append(_key_set(it["metadata"]["namespace"], public))
    return made


def _key_set(namespace: str, public: str) -> dict[str, Any]:
    """What would be fetched, in a ConfigMap."""
    key = load_pem_public_key(public.encode())
    assert isinstance(key, RSAPublicKey)
    jwk = RSAAlgorithm.to_jwk(key, as_dict=True) | {"kid": KID, "use": "sig"}
    metadata = {"name": "fetched", "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"jwks": json.dumps({"keys": [jwk]})},
    }
