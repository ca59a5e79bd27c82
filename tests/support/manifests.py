"""Manifests for unit tests, as short as they can be."""

from __future__ import annotations

from typing import Any

from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_operator.validators import VALIDATORS

SECRET = "0123456789abcdef0123456789abcdef"


def manifest(
    kind: str, name: str, spec: dict[str, Any], namespace: str = "default", created: str = ""
) -> dict[str, Any]:
    """An object of one of our kinds."""
    metadata = {"name": name, "namespace": namespace}
    if created:
        metadata["creationTimestamp"] = created
    return {"apiVersion": "postern.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def service(name: str = "app", namespace: str = "default", created: str = "", **spec: Any) -> dict[str, Any]:
    """A Service, by default for app.example.com."""
    spec = {"hosts": ["app.example.com"], "upstream": {"url": "http://127.0.0.1:18080"}} | spec
    return manifest("Service", name, spec, namespace, created)


def route(name: str = "all", namespace: str = "default", created: str = "", **spec: Any) -> dict[str, Any]:
    """A Route, by default of `app`."""
    return manifest("Route", name, {"serviceRef": {"name": "app"}} | spec, namespace, created)


def consumer(name: str = "alice", namespace: str = "default", **spec: Any) -> dict[str, Any]:
    """A Consumer."""
    return manifest("Consumer", name, spec, namespace)


def credential(name: str = "alice", namespace: str = "default", created: str = "", **spec: Any) -> dict[str, Any]:
    """A JWTCredential of alice, by default with the secret of `secret()`."""
    keys = [{"secretRef": {"name": "alice", "key": "secret"}}]
    return manifest("JWTCredential", name, {"consumerRef": {"name": "alice"}, "keys": keys} | spec, namespace, created)


def token_issuer(name: str = "idp", namespace: str = "default", **spec: Any) -> dict[str, Any]:
    """A TokenIssuer whose callers are anyone, with these fields."""
    given = {"issuer": "https://login.example.com", "anyAudience": True, "callers": {"anyone": {}}}
    return manifest("TokenIssuer", name, given | spec, namespace)


def jwt_policy(name: str = "signed", namespace: str = "default", created: str = "", **spec: Any) -> dict[str, Any]:
    """A JWTPolicy, by default the whole default without a target."""
    return manifest("JWTPolicy", name, {"jwt": {}} | spec, namespace, created)


def secret(name: str = "alice", namespace: str = "default", value: str = SECRET) -> dict[str, Any]:
    """A Kubernetes Secret that is meant for keys, with one entry, `secret`."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "postern.dev/jwt-key",
        "stringData": {"secret": value},
    }


def compiled(*manifests: dict[str, Any], **options: Any) -> Any:
    """Parse and compile."""
    return compile_snapshot([parse_manifest(it) for it in manifests], inspectors=VALIDATORS, **options)


def mistakes(*manifests: dict[str, Any]) -> dict[str, str]:
    """The fields that are wrong, and why."""
    return {problem.field: problem.message for problem in compiled(*manifests).problems}


def reasons(*manifests: dict[str, Any]) -> list[tuple[str, str]]:
    """Who has a problem, and its reason."""
    return [(problem.ref.name, problem.reason.text) for problem in compiled(*manifests).problems]


def ingress_class(name: str = "postern", **fields: Any) -> dict[str, Any]:
    """An IngressClass of ours; `fields` are of its spec, but for its annotations."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name, "annotations": fields.pop("annotations", {})},
        "spec": {"controller": "postern.dev/ingress-controller"} | fields,
    }


def ingress_path(path: str = "/", type_: str = "Prefix", service: str = "web", port: int | str = 80) -> dict[str, Any]:
    """A path of an Ingress."""
    number = {"number": port} if isinstance(port, int) else {"name": port}
    return {"path": path, "pathType": type_, "backend": {"service": {"name": service, "port": number}}}


def ingress(
    name: str = "site",
    *paths: dict[str, Any],
    host: str = "app.example.com",
    namespace: str = "default",
    created: str = "",
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """An Ingress of our class, by default with all paths of one host."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "annotations": annotations or {}}
    if created:
        metadata["creationTimestamp"] = created
    rules = [{"host": host, "http": {"paths": list(paths or [ingress_path()])}}]
    spec = {"ingressClassName": "postern", "rules": rules} | spec
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def kubernetes_service(name: str = "web", namespace: str = "default", **spec: Any) -> list[dict[str, Any]]:
    """A Service of Kubernetes with port 80, and one ready endpoint."""
    metadata = {"name": name, "namespace": namespace}
    labels = {"kubernetes.io/service-name": name}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]} | spec},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata | {"labels": labels},
            "addressType": "IPv4",
            "ports": [{"port": 18080}],
            "endpoints": [{"addresses": ["127.0.0.1"]}],
        },
    ]
