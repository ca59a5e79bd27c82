"""Upstreams that no gateway connects to, unless its settings allow it."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.resources.service import Service
from postern_core.resources.service_upstreams import upstreams_of
from postern_core.snapshot import Endpoints
from postern_core.special_addresses import SpecialUse, special_use_of

from .linked import Linked


def upstream_address_is_special(linked: Linked) -> Iterator[Problem]:
    """The first such address of each upstream; loopback only in a cluster, because local mode allows it."""
    for ref, service in linked.services.linked.items():
        parsed = linked.resources.objects[ref]
        if not is_a(parsed, Service):
            continue
        is_in_cluster = bool(parsed.resource.metadata.uid)
        for (at, upstream), backend in zip(upstreams_of(parsed.resource.spec), service.backends, strict=False):
            field = next(name for name in ("url", "service", "endpoints") if getattr(upstream, name) is not None)
            message = next(_special(backend.endpoints, is_in_cluster=is_in_cluster), "")
            if message:
                yield Problem(ref, Reason.WARNING, f"{at}.{field}", message)


def _special(addresses: Endpoints, *, is_in_cluster: bool) -> Iterator[str]:
    for endpoint in addresses.endpoints:
        is_localhost = endpoint.address.rstrip(".").lower() == "localhost"
        use = SpecialUse.LOOPBACK if is_localhost else special_use_of(endpoint.address)
        if use is not None and (is_in_cluster or use is not SpecialUse.LOOPBACK):
            yield f"{endpoint.address} is {use}; requests get 502 unless --allowed-upstreams of the gateway has it"


UPSTREAM_LINTS = (upstream_address_is_special,)
