"""Hosts that a namespace holds and no route serves, refused where another namespace's wildcard would take them.

A gateway tries the most specific host that has a route.  So without this, what
is meant for a host would reach another tenant as soon as the host's last route
is gone, or its Service can't be read.  The same holds of certificates: whose a
name is, is seen by the most specific host.
"""

from __future__ import annotations

from collections.abc import Iterable

from postern_core.grants import HostGrant
from postern_core.ref import Ref
from postern_core.snapshot import PathMatch, Route
from postern_core.snapshot_certificates import Certificate

from .hosts import EVERY_HOST, wildcard_above
from .routes import Routes
from .services import Services
from .sizes import parts_of

EVERY_PATH = (PathMatch(type="Prefix", value="/"),)


def refuse_unserved(services: Services, routes: Routes, carried_over: Iterable[Certificate] = ()) -> None:
    """Add a refusal for each Service or Ingress that holds such hosts.

    `carried_over` are certificates of namespaces that can't be read.
    """
    served = {host: grant for entry in routes.entries for host in entry.hosts if (grant := services.grants.get(host))}
    certified = services.certificates.namespaces | {it.namespace for it in carried_over}
    takers = served | {host: grant for host, grant in services.grants.items() if grant.namespace in certified}
    refused: dict[Ref, list[str]] = {}
    for host, grant in services.grants.items():
        if host not in served and host != EVERY_HOST and _falls_to_another(host, grant, takers):
            refused.setdefault(grant.holder, []).append(host)
    # A namespace that is carried over may have such refusals already, and an id is that of one entry.
    known = {service.id: (service, _why(service)) for service in refused}
    kept: list[Route] = []
    for entry in routes.entries:
        service, why = known.get(entry.service, (None, ""))
        if service is not None and entry.refusal == why:
            refused[service] += entry.hosts
        else:
            kept.append(entry)
    routes.entries = kept
    for service, hosts in refused.items():
        routes.entries += (_refusal(service, end, part) for end, part in parts_of(sorted(set(hosts))))


def _falls_to_another(host: str, grant: HostGrant, takers: dict[str, HostGrant]) -> bool:
    taker = wildcard_above(host, takers) or takers.get(EVERY_HOST)
    return taker is not None and taker.namespace != grant.namespace


def _why(service: Ref) -> str:
    return f"{service} has no route for this host"


def _refusal(service: Ref, end: str, hosts: tuple[str, ...]) -> Route:
    return Route(
        id=service.id + end,
        namespace=service.namespace,
        name=service.name,
        created="",
        hosts=hosts,
        paths=EVERY_PATH,
        backend=service.id,
        service=service.id,
        refusal=_why(service),
    )
