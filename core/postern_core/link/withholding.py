"""A snapshot without the entries that can't be published, though nothing is wrong with them that is known here.

An API server may refuse what it holds to be wrong, as an admission policy does.
The objects concerned are refused alone, as those are that are wrong: a route
keeps its place, whatever else is missing answers 503 or verifies nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec

from postern_core.snapshot import Backend, Consumer, Credential, Endpoints, Policy, Route, Snapshot
from postern_core.snapshot_certificates import Certificate
from postern_core.snapshot_entry import Entry
from postern_core.snapshot_issuers import TokenIssuer
from postern_core.snapshot_listeners import Listener
from postern_core.snapshot_responses import Responses

from .issuers import refused_issuer
from .routes import place_of
from .shares import refusals_of_hosts

REFUSAL = "can't be published"

# The entries that were refused, by section and id: of a route first what it was, then perhaps its place.
Refused = Mapping[tuple[str, str], Collection[Entry]]

# The entries of the sections; others are parts of these.
_Identified = (
    Route | Backend | Endpoints | Policy | Consumer | Credential | Responses | TokenIssuer | Certificate | Listener
)
_IsRefused = Callable[[str, _Identified], bool]


def withhold(snapshot: Snapshot, refused: Refused) -> tuple[Snapshot, frozenset[str]]:
    """The snapshot without what was refused, and the ids of what is not served for that, itself or what it refers to.

    Entries that have changed since they were refused stay.
    """
    missing: set[str] = set()

    def is_refused(section: str, entry: _Identified) -> bool:
        found = entry in refused.get((section, entry.id), ())
        if found:
            missing.add(entry.id)
        return found

    policies = tuple(it for it in snapshot.policies if not is_refused("policies", it))
    consumers = tuple(it for it in snapshot.consumers if not is_refused("consumers", it))
    backends = tuple(
        Backend(id=it.id, refusal=REFUSAL) if is_refused("backends", it) else it for it in snapshot.backends
    )
    endpoints = tuple(it for it in snapshot.endpoints if not is_refused("endpoints", it))
    issuers = tuple(refused_issuer(it, REFUSAL) if is_refused("issuers", it) else it for it in snapshot.issuers)
    nameless = {it.id for it in snapshot.consumers} - {it.id for it in consumers}
    unreachable = {it.id for it in snapshot.endpoints} - {it.id for it in endpoints}
    unreachable |= {it.id for it in backends if it.refusal == REFUSAL}
    missing.update(it.id for it in snapshot.credentials if it.consumer in nameless)
    missing.update(it.id for it in snapshot.routes if not unreachable.isdisjoint(_backends_of(it)))
    routes = _routes(snapshot, {it.id for it in policies}, is_refused, missing)
    credentials = tuple(it for it in snapshot.credentials if not is_refused("credentials", it))
    return msgspec.structs.replace(
        snapshot,
        routes=routes,
        policies=tuple(it for it in policies if it.id in {route.policy for route in routes}),
        backends=backends,
        endpoints=endpoints,
        responses=tuple(it for it in snapshot.responses if not is_refused("responses", it)),  # or the usual ones
        certificates=tuple(it for it in snapshot.certificates if not is_refused("certificates", it)),
        consumers=consumers,
        issuers=tuple(refused_issuer(it, REFUSAL) if it.consumer in nameless else it for it in issuers),
        credentials=tuple(it for it in credentials if it.consumer not in nameless),
        listeners=_listeners(snapshot, is_refused),
    ), frozenset(map(_source_of, missing))


def _listeners(snapshot: Snapshot, is_refused: _IsRefused) -> tuple[Listener, ...]:
    """A port is closed whole: what one listener takes, and perhaps redirects, would be served by a wider one else."""
    closed = {it.bind_port for it in snapshot.listeners if is_refused("listeners", it)}
    return tuple(it for it in snapshot.listeners if it.bind_port not in closed)


def _backends_of(route: Route) -> set[str]:
    return {it.backend for it in route.backends} or {route.backend}


def _source_of(id_: str) -> str:
    """The id of the object that an entry comes from: of several backends each but the first has a number behind it."""
    return "/".join(id_.split("/", 3)[:3])


def _routes(
    snapshot: Snapshot, policies: Collection[str], is_refused: _IsRefused, missing: set[str]
) -> tuple[Route, ...]:
    """Places for the routes that can't be published, and one refusal of all hosts where not even places can."""
    found: list[Route] = []
    closed: set[str] = set()
    for route in snapshot.routes:
        if is_refused("routes", route) or (route.policy is not None and route.policy not in policies):
            missing.add(route.id)
            place = place_of(route, REFUSAL)
            found.append(place)
            if is_refused("routes", place):
                closed.add(route.namespace)
        else:
            found.append(route)
    shut = [route for route in found if route.namespace in closed]
    missing.update(route.id for route in shut)
    kept = [route for route in found if route.namespace not in closed]
    return tuple(sorted([*kept, *refusals_of_hosts(shut, REFUSAL)], key=lambda route: route.id))
