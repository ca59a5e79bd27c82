"""The data-plane pods of a gateway, as the EndpointSlices of its admin Service name them.

Pure.  Asking them belongs in `installation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from postern_operator.cluster.pods import ADMIN_PORT_NAME


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod, and what it says: `digest` is "" as long as its workers differ or have none.

    `name` is "" for an address that is no pod of this cluster; `unknown` is why it says nothing.
    """

    name: str
    address: str
    port: int
    is_ready: bool
    digest: str = ""
    unknown: str = ""


def pods_of(slices: Iterable[Mapping[str, Any]]) -> list[Pod]:
    """The pods behind these slices, each once: one with an address of each family is in two of them."""
    slices = list(slices)
    first = [it for it in slices if it.get("addressType") == "IPv4"] or slices
    return sorted({pod for it in first for pod in _in_slice(it)}, key=lambda pod: (pod.name, pod.address))


def _in_slice(it: Mapping[str, Any]) -> Iterator[Pod]:
    ports = [port.get("port") for port in it.get("ports") or () if port.get("name") == ADMIN_PORT_NAME]
    for endpoint in it.get("endpoints") or ():
        target = endpoint.get("targetRef") or {}
        addresses = endpoint.get("addresses") or ()
        if ports and ports[0] and addresses:
            # discovery.k8s.io/v1: an unset `ready` should be read as ready.
            is_ready = (endpoint.get("conditions") or {}).get("ready") is not False
            name = str(target.get("name", "")) if target.get("kind") == "Pod" else ""
            yield Pod(name, str(addresses[0]), int(ports[0]), is_ready)
