"""The data-plane pods of a gateway, as the EndpointSlices of its admin Service name them.

Pure.  Asking them belongs in `installation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from postern_core.endpoint_slices import destinations_by_pod, is_ready
from postern_core.resources.kubernetes import EndpointSlice
from postern_operator.cluster.rollout.data_plane_pods import ADMIN_PORT_NAME


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod, and what it says: `digest` is "" as long as its workers differ or have none.

    `name` is "" for an address that is no pod of this cluster; `unknown` is why it says nothing,
    `alternatives` are its addresses of other families.
    """

    name: str
    address: str
    port: int
    is_ready: bool
    digest: str = ""
    unknown: str = ""
    alternatives: tuple[str, ...] = ()


def pods_of(slices: Iterable[Mapping[str, Any]]) -> list[Pod]:
    """Return the pods behind these EndpointSlices, each once."""
    typed = [msgspec.convert(it, EndpointSlice) for it in slices]
    typed = [it for it in typed if it.address_type != "FQDN"]
    ready = destinations_by_pod(typed, ADMIN_PORT_NAME, is_wanted=is_ready)
    others = destinations_by_pod(typed, ADMIN_PORT_NAME, is_wanted=lambda it: not is_ready(it))
    found: dict[tuple[str, int], Pod] = {}
    for name, it in (*ready, *others):
        pod = Pod(name, it.address, it.port, is_ready=(name, it) in ready, alternatives=it.alternatives)
        found.setdefault((name or it.address, it.port), pod)
    return sorted(found.values(), key=lambda pod: (pod.name, pod.address))
