"""What a route takes, as the snapshot has it."""

from __future__ import annotations

from postern_core.resources.route import HeaderMatch, QueryParamMatch, RoutePath
from postern_core.snapshot import PathMatch, ValueMatch


def path_matches(paths: tuple[RoutePath, ...], prefix: str) -> tuple[PathMatch, ...]:
    """The whole paths that a route takes, given those below its service's prefix.

    Below `/v1` both `/v1` and `/v1/` are the path `/`.
    """
    base = prefix.rstrip("/")
    found: dict[PathMatch, None] = {}
    for path in paths:
        if path.type == "Regex":
            found[PathMatch(type="Regex", value=path.value, below=base or "/")] = None
        elif path.type == "Prefix":
            found[PathMatch(type="Prefix", value=(base + path.value).rstrip("/") or "/")] = None
        else:
            found[PathMatch(type="Exact", value=base + path.value)] = None
            if path.value == "/" and base:
                found[PathMatch(type="Exact", value=base)] = None
    return tuple(found)


def value_matches(matches: tuple[HeaderMatch, ...] | tuple[QueryParamMatch, ...]) -> tuple[ValueMatch, ...]:
    """The conditions on headers or on the query; names of headers are compared in lower case."""
    return tuple(
        ValueMatch(
            name=match.name.lower() if isinstance(match, HeaderMatch) else match.name,
            type=match.type,
            value=match.value,
        )
        for match in matches
    )
