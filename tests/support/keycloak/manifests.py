"""Manifests for a gateway in front of `app.example.com`, which takes the tokens of a realm."""

from __future__ import annotations

from typing import Any

from manifests import manifest, route, service

from .realm import Realm

ROLES = {"nameFrom": ["preferred_username"], "groupsFrom": ["realm_access", "roles"]}
# The realms of tests are on loopback, and speak http.
PLAIN = {"insecure": True, "refresh": "1m"}


def issuer(realm: Realm, name: str = "keycloak", **spec: Any) -> dict[str, Any]:
    """A TokenIssuer for a realm; unless `keys` say otherwise, by those of a ConfigMap of the same name."""
    keys = {"ref": {"name": name, "key": "jwks.json"}}
    callers = {"anyone": ROLES}
    return manifest(
        "TokenIssuer", name, {"issuer": realm.issuer, "keys": keys, "audiences": ["orders"], "callers": callers} | spec
    )


def discovering(realm: Realm, **discovery: str) -> dict[str, Any]:
    """The same by the keys that the realm publishes."""
    return issuer(realm, keys={"discovery": discovery}, fetch=PLAIN)


def key_set(jwks: str, name: str = "keycloak") -> dict[str, Any]:
    """A ConfigMap with a realm's keys, as the realm publishes them."""
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"jwks.json": jwks}}


def shop(port: int, **policy: Any) -> list[dict[str, Any]]:
    """A Service in front of a port of loopback that takes the tokens of `keycloak`, and one Route."""
    jwt = {"tokenIssuers": [{"name": "keycloak"}]} | policy
    return [service(upstream={"endpoints": [{"address": "127.0.0.1", "port": port}]}, auth={"jwt": jwt}), route()]
