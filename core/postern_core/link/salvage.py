"""What an unusable Service or Route would have covered, so that it can be refused.

Rules of this file:
1. What can't be read never opens anything: the remains serve only to refuse.
2. A constraint that can't be read is dropped, which refuses more.  A pattern counts as read only when it is one: the
   data plane could not take a table with another.
3. A place that can't be read at all is not guessed: then there is nothing to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from postern_core.parse import Parsed
from postern_core.paths import BadPath, normalise
from postern_core.resources.route import HeaderMatch, QueryParamMatch, RoutePath
from postern_core.resources.types import Host, Label, Method

EVERY_PATH = (RoutePath(type="Prefix", value="/"),)
# Whatever a pattern was meant to take, in the place among patterns that it would have had.
ANY_PATTERN = "(?s).*"


@dataclass(frozen=True, slots=True)
class ServiceRemains:
    """What of a broken Service says where it would have been; `hosts` None is unreadable."""

    gateways: tuple[str, ...]
    hosts: tuple[str, ...] | None
    path_prefix: str | None


@dataclass(frozen=True, slots=True)
class RouteRemains:
    """What of a broken Route says which requests it would have taken."""

    service: str
    methods: tuple[str, ...]
    paths: tuple[RoutePath, ...]
    headers: tuple[HeaderMatch, ...]
    query_params: tuple[QueryParamMatch, ...]


def service_remains(parsed: Parsed) -> ServiceRemains:
    """Read what can be read of a Service that failed."""
    spec = _spec_of(parsed)
    gateways = _readable(spec.get("gateways", ["default"]), Label)
    hosts = _readable(spec["hosts"], Host) if "hosts" in spec else ()
    return ServiceRemains(
        gateways=gateways,
        hosts=None if "hosts" in spec and not _is_empty(spec["hosts"]) and not hosts else hosts,
        path_prefix=_path(spec.get("pathPrefix", "/")),
    )


def route_remains(parsed: Parsed, regex_error: Callable[[str], str]) -> RouteRemains:
    """Read what can be read of a Route that failed; `regex_error` is that of `Inspectors`."""
    spec = _spec_of(parsed)
    reference = spec.get("serviceRef")
    name = reference.get("name") if isinstance(reference, Mapping) else None

    def usable(matches: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(match for match in matches if match.type != "Regex" or not regex_error(match.value))

    methods = _readable([m.upper() if isinstance(m, str) else m for m in _listed(spec.get("methods"))], Method)
    return RouteRemains(
        service=name if isinstance(name, str) else "",
        methods=methods,
        paths=EVERY_PATH if _is_empty(spec.get("paths", ())) else _paths(spec["paths"], regex_error),
        headers=usable(_readable(spec.get("headers", []), HeaderMatch)),
        query_params=usable(_readable(spec.get("queryParams", []), QueryParamMatch)),
    )


def _spec_of(parsed: Parsed) -> Mapping[str, Any]:
    if parsed.resource is not None:  # well-formed, but a check has failed
        spec = msgspec.to_builtins(parsed.resource.spec)
    else:
        spec = parsed.manifest.get("spec") if parsed.manifest else None
    return spec if isinstance(spec, Mapping) else {}


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _is_empty(value: object) -> bool:
    return isinstance(value, list | tuple) and not value


def _readable(value: object, type_: Any) -> tuple[Any, ...]:
    """The elements of a list that are of the type."""
    found = []
    for element in _listed(value):
        try:
            found.append(msgspec.convert(element, type_))
        except msgspec.ValidationError:
            continue
    return tuple(found)


def _path(value: object) -> str | None:
    """A path that was meant, None where nobody can tell which."""
    if not isinstance(value, str):
        return None
    try:
        return normalise(value if value.startswith("/") else f"/{value}").path
    except BadPath:
        return None


def _paths(value: object, regex_error: Callable[[str], str]) -> tuple[RoutePath, ...]:
    """The paths that were meant; one whose type can't be read is taken as Exact and as Prefix."""
    paths: list[RoutePath] = []
    for element in _listed(value):
        given = element.get("value") if isinstance(element, Mapping) else element
        kind = element.get("type") if isinstance(element, Mapping) else None
        if kind == "Regex" and isinstance(given, str):
            paths.append(RoutePath(type="Regex", value=ANY_PATTERN if regex_error(given) else given))
            continue
        path = _path(given)
        if path is not None:
            kinds = (kind,) if kind in ("Exact", "Prefix") else ("Exact", "Prefix")
            paths += [RoutePath(type=k, value=path) for k in kinds]  # type: ignore[arg-type]
    return tuple(paths)
