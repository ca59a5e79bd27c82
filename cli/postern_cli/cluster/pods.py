"""The data-plane pods of a gateway, as the EndpointSlices of its admin Service name them.

Pure.  Asking them belongs in `installation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from postern_core.endpoint_slices import address_of, is_ready, one_family, port_named
from postern_core.resources.kubernetes import EndpointSlice
from postern_operator.cluster.rollout.data_plane_pods import ADMIN_PORT_NAME


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
    """Return the pods behind these EndpointSlices, each once."""
    typed = one_family(msgspec.convert(it, EndpointSlice) for it in slices)
    return sorted({pod for it in typed for pod in _in_slice(it)}, key=lambda pod: (pod.name, pod.address))


def _in_slice(it: EndpointSlice) -> Iterator[Pod]:
    port = port_named(it, ADMIN_PORT_NAME)
    for endpoint in it.endpoints or ():
        address, target = address_of(endpoint), endpoint.target_ref
        if port is not None and address is not None:
            yield Pod(target.name if target and target.kind == "Pod" else "", address, port, is_ready(endpoint))
