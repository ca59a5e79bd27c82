"""Ingresses of ingress-nginx for tests, and what a gateway needs to serve what becomes of them."""

from __future__ import annotations

from typing import Any

import manifests
from postern_cli.ingress_nginx.conversion import Converted, convert_all
from postern_cli.ingress_nginx.source import NginxIngress

NGINX = "nginx.ingress.kubernetes.io/"
NAMESPACE = "demo"


def ingress(
    name: str = "shop",
    *paths: str,
    host: str = "shop.example.com",
    type_: str = "Prefix",
    backend: str = "shop",
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """An Ingress of class nginx; `annotations` have no prefix."""
    said = {f"{NGINX}{key}": value for key, value in (annotations or {}).items()}
    rows = [manifests.ingress_path(path, type_, backend) for path in paths or ("/",)]
    spec = {"ingressClassName": "nginx"} | spec
    return manifests.ingress(name, *rows, host=host, namespace=NAMESPACE, annotations=said, **spec)


def converted(*ingresses: dict[str, Any]) -> list[Converted]:
    """What becomes of them."""
    return convert_all([NginxIngress(it) for it in ingresses], "postern")


def one_converted(*ingresses: dict[str, Any]) -> Converted:
    """What becomes of the first, of which nothing may be left."""
    first = converted(*ingresses)[0]
    assert [] == first.left
    return first


def made_of(*ingresses: dict[str, Any]) -> list[dict[str, Any]]:
    """All manifests of them, whatever is left."""
    return [manifest for it in converted(*ingresses) for manifest in it.manifests]


def behind(name: str, port: int) -> list[dict[str, Any]]:
    """A Service of Kubernetes with port 80, and its one endpoint on loopback."""
    service, endpoints = manifests.kubernetes_service(name, NAMESPACE)
    endpoints["ports"] = [{"port": port}]
    return [service, endpoints]
