"""The addresses at which an Ingress is reached, as its status says them: those of its gateway's Service.

Pure.  external-dns makes its records of them, and GitOps tools take an Ingress without any for one in progress.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def addresses_of(service: Mapping[str, Any], fallback: str = "None") -> list[dict[str, str]]:
    """Return `status.loadBalancer.ingress` of the Ingresses that are reached by a Service of Kubernetes.

    `fallback` is what counts where it has no address of a load balancer: its ExternalIPs, its ClusterIP, or None.
    """
    spec, status = service.get("spec") or {}, service.get("status") or {}
    balanced = (status.get("loadBalancer") or {}).get("ingress") or ()
    found = [{part: it[part] for part in ("ip", "hostname") if it.get(part)} for it in balanced]
    if any(found):
        return [it for it in found if it]
    if fallback == "ExternalIPs":
        return [{"ip": ip} for ip in spec.get("externalIPs") or ()]
    if fallback == "ClusterIP":
        ips = spec.get("clusterIPs") or [spec.get("clusterIP")]
        return [{"ip": ip} for ip in ips if ip and ip != "None"]
    return []
