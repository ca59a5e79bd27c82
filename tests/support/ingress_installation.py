"""An installation that serves Ingresses in a cluster, and what tests of it look at."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import manifests
import raw
from installation import Installation, installed
from upstream import Upstream

RIGHTS = Path(__file__).parents[2] / "deploy/rbac/ingress.yaml"


@contextlib.contextmanager
def serving_ingresses(kubectl: Any, folder: Path, *tenants: str) -> Iterator[tuple[Installation, list[str]]]:
    """An operator that serves Ingresses, with the rights that are documented for it, and its gateway's Service."""
    options = ("--ingress", "--ingress-addresses=ExternalIPs")
    with installed(kubectl, folder, *tenants, watches_all=True, operator_options=options) as (made, namespaces):
        gateway = made.gateway_namespace
        rights = list(yaml.safe_load_all(RIGHTS.read_text().replace("postern-system", gateway)))
        spec = {"ports": [{"port": 80}], "externalIPs": ["192.0.2.10"]}
        metadata = {"name": "postern-default", "namespace": gateway}
        apply(kubectl, *rights, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
        yield made, namespaces
        for one in rights:
            kubectl("delete", one["kind"].lower(), one["metadata"]["name"], check=True)


def apply(kubectl: Any, *all_manifests: dict[str, Any]) -> None:
    """Apply manifests that the API server takes."""
    done = kubectl.apply(*all_manifests)
    assert 0 == done.returncode, done.stderr


def application(upstream: Upstream, namespace: str, name: str = "web", port: int = 80) -> list[dict[str, Any]]:
    """A Service of Kubernetes with this port, and where its one endpoint is."""
    service, slice_ = manifests.kubernetes_service(name, namespace, ports=[{"port": port}])
    address, number = upstream.address[:2]
    slice_["ports"] = [{"port": number}]
    slice_["endpoints"] = [{"addresses": [address]}]
    return [service, slice_]


def until_event(kubectl: Any, namespace: str, name: str, reason: str, said: str = "") -> None:
    """Wait for an Event of an Ingress whose note has this text."""

    def is_there() -> bool:
        done = kubectl("get", "events.events.k8s.io", f"-n{namespace}", "-ojson", check=True)
        found = [one for one in json.loads(done.stdout)["items"] if one["reason"] == reason and said in one["note"]]
        return any((one["regarding"]["kind"], one["regarding"]["name"]) == ("Ingress", name) for one in found)

    raw.until(is_there, f"event {reason} of {name}")
