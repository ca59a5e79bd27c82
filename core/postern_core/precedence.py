"""Which of several matching routes takes a request: a total order, from the entries alone.

Exact paths come before prefixes, longer prefixes before shorter ones, prefixes
before patterns; then more headers and query parameters, then the older object,
then the name.  A default comes after all others of its hosts.
"""

from __future__ import annotations

from .snapshot import PathMatch, Route

RANKS = {"Exact": 0, "Prefix": 1, "Regex": 2}


def path_order(path: PathMatch) -> tuple[int, int]:
    """Sorts the paths that decide first to the front; all patterns are equal."""
    return (RANKS[path.type], 0 if path.type == "Regex" else -len(path.value))


def route_order(route: Route) -> tuple[int, str, str, list[str]]:
    """Sorts routes with equal paths; of unknown age is younger than all others, but for the gateway's own."""
    matches = len(route.headers) + len(route.query_params) + route.unread_matches
    created = "~~" if route.serves_metadata else route.created or "~"
    # The parts of a path of an Ingress stand behind its name, which counts whole.
    return (-matches, created, route.namespace, route.name.split("/"))
