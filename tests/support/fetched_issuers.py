"""TokenIssuers whose keys are fetched from a provider of a test, and what protects an application with them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import manifests
from cluster.kubectl import Kubectl
from installation import Installation, installed
from provider_thread import ProviderThread
from upstream import Upstream

HOST = "app.example.com"
# Providers of tests are on this machine.
ALLOWED = ("--fetch-allow=loopback",)


def token_issuer(name: str, namespace: str, provider: ProviderThread, **spec: Any) -> dict[str, Any]:
    """A TokenIssuer whose keys are at the provider's path of its name."""
    spec = {
        "issuer": provider.issuer(name),
        "keys": {"url": provider.url(name)},
        "fetch": {"insecure": True},
        "audiences": ["orders"],
        "callers": {"anyone": {}},
    } | spec
    return manifests.manifest("TokenIssuer", name, {key: it for key, it in spec.items() if it is not None}, namespace)


def protected(namespace: str, upstream: Upstream, *issuers: dict[str, Any], host: str = HOST) -> list[dict[str, Any]]:
    """A Service and a Route for the tokens of these issuers, with the issuers."""
    named = [{key: it["metadata"][key] for key in ("name", "namespace")} for it in issuers]
    name = host.partition(".")[0]
    auth = {"jwt": {"tokenIssuers": named}}
    service = manifests.service(name, namespace, hosts=[host], upstream={"url": upstream.url}, auth=auth)
    own = [it for it in issuers if it["metadata"]["namespace"] == namespace]
    return [service, manifests.route(name, namespace, serviceRef={"name": name}), *own]


def applied(kubectl: Kubectl, *objects: dict[str, Any]) -> None:
    done = kubectl.apply(*objects)
    assert done.returncode == 0, done.stderr


def condition(kubectl: Kubectl, name: str, namespace: str, type_: str = "ResolvedRefs") -> tuple[str, str]:
    """A condition of a TokenIssuer, as status and reason."""
    found = kubectl.get("tokenissuers.postern.dev", name, namespace).get("status", {}).get("conditions", [])
    return next(((it["status"], it["reason"]) for it in found if it["type"] == type_), ("", ""))


@contextlib.contextmanager
def fetching(kubectl: Kubectl, folder: Path, *tenants: str) -> Iterator[tuple[Installation, list[str], ProviderThread]]:
    """An installation whose operator may fetch from this machine, and a provider."""
    with (
        ProviderThread() as provider,
        installed(kubectl, folder, *tenants, operator_options=ALLOWED) as (installation, namespaces),
    ):
        yield installation, namespaces, provider
