"""Upstreams that no gateway connects to, unless its settings allow it."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem, Reason
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.upstreams import Mirror
from postern_core.snapshot import Endpoints
from postern_core.special_addresses import SpecialUse, special_use_of

from .linked import Linked


def upstream_address_is_special(linked: Linked) -> Iterator[Problem]:
    """The first such address of each upstream; loopback only in a cluster, because local mode allows it."""
    for ref, at, upstream, backend in linked.upstreams:
        is_in_cluster = _is_of_a_cluster(linked.resources.objects[ref])
        field = next(name for name in ("url", "service", "endpoints") if getattr(upstream, name) is not None)
        found = next(_special(backend.endpoints, is_in_cluster=is_in_cluster), "")
        if found:
            effect = "no copy is sent there" if isinstance(upstream, Mirror) else "requests get 502"
            message = f"{found}; {effect} unless --allowed-upstreams of the gateway has it"
            yield Problem(ref, Reason.WARNING, f"{at}.{field}", message)


def _is_of_a_cluster(parsed: Parsed) -> bool:
    return (is_a(parsed, Service) or is_a(parsed, Route)) and bool(parsed.resource.metadata.uid)


def _special(addresses: Endpoints, *, is_in_cluster: bool) -> Iterator[str]:
    for endpoint in addresses.endpoints:
        is_localhost = endpoint.address.rstrip(".").lower() == "localhost"
        use = SpecialUse.LOOPBACK if is_localhost else special_use_of(endpoint.address)
        if use is not None and (is_in_cluster or use is not SpecialUse.LOOPBACK):
            yield f"{endpoint.address} is {use}"


UPSTREAM_LINTS = (upstream_address_is_special,)
