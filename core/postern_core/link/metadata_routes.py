"""The routes by which the metadata of protected resources is asked for, one for each Service that has some.

Such a route comes after every other one with its path, so that a Route that names the path itself takes its requests.
"""

from __future__ import annotations

from postern_core.snapshot import PathMatch, Route

from .rate_limits import OF_TOKENS
from .routes import Routes
from .services import LinkedService, Services


def add_metadata(services: Services, routes: Routes) -> None:
    """Add a route for the metadata of each Service that has some, and of which a Route is served."""
    served = {entry.service for entry in routes.entries if not entry.refusal}
    known = {entry.id for entry in routes.entries}
    for service in services.linked.values():
        entry = service.policy.entry if service.policy else None
        if entry is None or entry.protected_resource is None or service.refusal:
            continue
        if service.ref.id in served and service.ref.id not in known:
            routes.policies[entry.id] = entry
            routes.entries.append(_metadata_route(service, entry.id, entry.protected_resource.metadata_path))


def _metadata_route(service: LinkedService, policy: str, path: str) -> Route:
    ref, place = service.ref, service.place
    return Route(
        id=ref.id,
        namespace=ref.namespace,
        name=ref.name,
        created="",
        hosts=tuple(sorted(place.hosts)),
        paths=(PathMatch(type="Exact", value=path),),
        backend=ref.id,
        service=ref.id,
        methods=("GET", "HEAD"),
        policy=policy,
        cors=place.cors,
        clients=place.clients,
        responses=place.responses,
        # It asks for no token, so nothing can be counted by one.
        rate_limits=tuple(limit for limit in place.rate_limits if limit.by not in OF_TOKENS),
        serves_metadata=True,
    )
