"""A realm of a running Keycloak, made by its admin API: its tokens, and its keys."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from .server import ADMIN

TIMEOUT_S = 30
PASSWORD = "zoes-password"
WORKER_SECRET = "workers-secret"
# How long a token of the administrator is used; it is good for a minute.
ADMIN_TOKEN_S = 30


def mapper(name: str, kind: str, **config: str) -> dict[str, Any]:
    """A protocol mapper, which puts a claim into access tokens."""
    said = {key.replace("_", "."): value for key, value in config.items()} | {"access.token.claim": "true"}
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": said}


# Keycloak names no API as the audience unless it is told to.
AUDIENCE = mapper("orders", "oidc-audience-mapper", included_custom_audience="orders")
# "Use "at+jwt" as access token header type", among the advanced settings of a client.
TYPED = {"access.token.header.type.rfc9068": "true"}
GROUPS = mapper("groups", "oidc-group-membership-mapper", claim_name="groups", full_path="true")


def client(name: str, *mappers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A client that no browser uses."""
    return {"clientId": name, "standardFlowEnabled": False, "protocolMappers": list(mappers)} | fields


def user(name: str, roles: list[str], **fields: Any) -> dict[str, Any]:
    """A user that needs nothing more to log in."""
    known = {"email": f"{name}@example.com", "emailVerified": True, "firstName": "Zoë", "lastName": "Example"}
    credentials = [{"type": "password", "value": PASSWORD}]
    return known | {"username": name, "enabled": True, "realmRoles": roles, "credentials": credentials} | fields


def shop(name: str) -> dict[str, Any]:
    """A realm with people, a service, and a client whose tokens are for another API."""
    worker = {"username": "service-account-shop-worker", "enabled": True, "serviceAccountClientId": "shop-worker"}
    return {
        "realm": name,
        "enabled": True,
        "accessTokenLifespan": 300,
        "roles": {
            "realm": [{"name": "admin"}, {"name": "staff"}],
            "client": {"orders": [{"name": "editor"}]},
        },
        "groups": [{"name": "buyers"}],
        "clients": [
            client("shop-frontend", AUDIENCE, GROUPS, publicClient=True, directAccessGrantsEnabled=True),
            client("orders", bearerOnly=True),
            client("newsletter", publicClient=True, directAccessGrantsEnabled=True),
            client("typed", AUDIENCE, publicClient=True, directAccessGrantsEnabled=True, attributes=TYPED),
            client("shop-worker", AUDIENCE, secret=WORKER_SECRET, serviceAccountsEnabled=True),
        ],
        "users": [
            user("zoe", ["admin"], clientRoles={"orders": ["editor"]}, groups=["/buyers"]),
            user("max", ["staff"]),
            {**worker, "realmRoles": ["staff"]},
        ],
    }


@dataclass
class Realm:
    """A realm, by the address of its server and its name."""

    server: str
    name: str
    _admin_token: tuple[str, float] = ("", 0.0)

    @property
    def issuer(self) -> str:
        return f"{self.server}/realms/{self.name}"

    def create(self) -> None:
        """Make it, with all of `shop`."""
        self._admin("POST", "/admin/realms", shop(self.name))

    def jwks(self) -> str:
        """What it publishes of its keys."""
        with urllib.request.urlopen(f"{self.issuer}/protocol/openid-connect/certs", timeout=TIMEOUT_S) as answer:
            return str(answer.read().decode())

    def tokens_of(self, username: str, client_id: str = "shop-frontend", scope: str = "openid") -> dict[str, str]:
        """What a user gets for a password: `access_token`, `id_token` and `refresh_token`."""
        person = {"username": username, "password": PASSWORD, "scope": scope}
        return _grant(self.issuer, grant_type="password", client_id=client_id, **person)

    def token_of_worker(self) -> str:
        """The access token of a service, for its own secret."""
        secret = {"client_id": "shop-worker", "client_secret": WORKER_SECRET}
        return _grant(self.issuer, grant_type="client_credentials", **secret)["access_token"]

    def signing_kid(self) -> str:
        """The id of the key that signs its tokens."""
        return str(self._admin("GET", f"/admin/realms/{self.name}/keys")["active"]["RS256"])

    def add_key(self, priority: int) -> None:
        """Add a key, which signs from now on if no other has a higher priority."""
        realm_id = self._admin("GET", f"/admin/realms/{self.name}")["id"]
        config = {"priority": [str(priority)], "enabled": ["true"], "active": ["true"], "keySize": ["2048"]}
        key = {
            "name": f"key-{priority}",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
        }
        self._admin("POST", f"/admin/realms/{self.name}/components", key | {"parentId": realm_id, "config": config})

    def prefer_key(self, kid: str, priority: int) -> None:
        """Let a key of the realm sign from now on, if no other has a higher priority."""
        self._configure(kid, priority=[str(priority)])

    def disable_key(self, kid: str) -> None:
        """Take a key away: it neither signs nor verifies, and is published no more."""
        self._configure(kid, enabled=["false"], active=["false"])

    def kids(self) -> set[str]:
        """The ids of all keys for signatures that it publishes."""
        return {key["kid"] for key in json.loads(self.jwks())["keys"] if key["use"] == "sig"}

    def _configure(self, kid: str, **config: list[str]) -> None:
        keys = self._admin("GET", f"/admin/realms/{self.name}/keys")["keys"]
        place = f"/admin/realms/{self.name}/components/{next(it['providerId'] for it in keys if it['kid'] == kid)}"
        component = self._admin("GET", place)
        self._admin("PUT", place, component | {"config": component["config"] | config})

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        token, since = self._admin_token
        if time.monotonic() - since > ADMIN_TOKEN_S or not token:
            person = {"username": ADMIN[0], "password": ADMIN[1]}
            master = f"{self.server}/realms/master"
            token = _grant(master, grant_type="password", client_id="admin-cli", **person)["access_token"]
            self._admin_token = token, time.monotonic()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read() or b"null")


def _grant(issuer: str, **parameters: str) -> dict[str, str]:
    content = urllib.parse.urlencode(parameters).encode()
    with urllib.request.urlopen(f"{issuer}/protocol/openid-connect/token", content, timeout=TIMEOUT_S) as answer:
        return dict(json.loads(answer.read()))
