"""The pages of docs/providers: the manifest of each, as it stands there, and what a test puts in place of the real."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import RSAAlgorithm

import tokens

FOLDER = Path(__file__).parents[2] / "docs/providers"
PAGES = sorted(page.stem for page in FOLDER.glob("*.md") if page.stem != "README")

ISSUER_OF_CLUSTERS = "https://kubernetes.default.svc.cluster.local"

Manifests = list[dict[str, Any]]


def manifests_of(page: str, folder: Path = FOLDER) -> Manifests:
    """The objects that a page shows as its manifest."""
    _, _, section = (folder / f"{page}.md").read_text(encoding="utf-8").partition("## The manifest\n")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return list(yaml.safe_load_all(block))


def one_of(manifests: Manifests, kind: str) -> dict[str, Any]:
    """The only object of a kind."""
    (found,) = (it for it in manifests if it["kind"] == kind)
    return found


def with_keys(manifests: Manifests, key_set: str) -> Manifests:
    """The same with this JWK Set, in a ConfigMap, in place of keys that would be fetched."""
    issuer = one_of(manifests, "TokenIssuer")
    # What the API server says of itself is said by nothing else.
    issuer["spec"].setdefault("issuer", ISSUER_OF_CLUSTERS)
    issuer["spec"]["keys"] = {"ref": {"name": "keys", "key": "jwks.json"}}
    metadata = {"name": "keys", "namespace": issuer["metadata"]["namespace"]}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"jwks.json": key_set}}
    return [*manifests, config_map]


def with_upstream(manifests: Manifests, url: str) -> Manifests:
    """The same with another application behind it."""
    one_of(manifests, "Service")["spec"]["upstream"] = {"url": url}
    return manifests


def with_issuer(manifests: Manifests, issuer: str) -> Manifests:
    """The same for the tokens of another realm, tenant or cluster."""
    one_of(manifests, "TokenIssuer")["spec"]["issuer"] = issuer
    return manifests


def key_set_of_ours(page: str) -> str:
    """A key of the tests as a JWK Set, by the kid that the tokens of the page name."""
    public = load_pem_public_key((tokens.KEYS / "rsa3072.pub.pem").read_bytes())
    assert isinstance(public, RSAPublicKey)
    kid = tokens.like(page)["header"]["kid"]
    return json.dumps({"keys": [RSAAlgorithm.to_jwk(public, as_dict=True) | {"kid": kid, "use": "sig"}]})
