"""Upstreams that no gateway connects to, unless its settings allow it."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.parse import is_a
from postern_core.problems import Problem, Reason
from postern_core.resources.service import Service
from postern_core.special_addresses import SpecialUse, special_use_of

from .linked import Linked


def upstream_address_is_special(linked: Linked) -> Iterator[Problem]:
    """The first such address of each Service; loopback only in a cluster, because local mode allows it."""
    for ref, service in linked.services.linked.items():
        parsed = linked.resources.objects[ref]
        if service.backend is None or not is_a(parsed, Service):
            continue
        is_in_cluster = bool(parsed.resource.metadata.uid)
        upstream = parsed.resource.spec.upstream
        field = next(name for name in ("url", "service", "endpoints") if getattr(upstream, name) is not None)
        for endpoint in service.backend.endpoints.endpoints:
            is_localhost = endpoint.address.rstrip(".").lower() == "localhost"
            use = SpecialUse.LOOPBACK if is_localhost else special_use_of(endpoint.address)
            if use is not None and (is_in_cluster or use is not SpecialUse.LOOPBACK):
                then = "requests get 502 unless --allowed-upstreams of the gateway has it"
                message = f"{endpoint.address} is {use}; {then}"
                yield Problem(ref, Reason.WARNING, f"spec.upstream.{field}", message)
                break


UPSTREAM_LINTS = (upstream_address_is_special,)
