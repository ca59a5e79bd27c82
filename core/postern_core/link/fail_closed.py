"""What an unusable Service, Route or JWTPolicy would have covered, so that it can be refused.

Rules of this file:
1. What can't be read never opens anything: the remains serve only to refuse.
2. A constraint that can't be read counts as one that every request meets, which refuses more: it keeps its weight in
   the order of routes, or an older route with fewer constraints would take the requests.  A pattern counts as read
   only when it is one: the data plane could not take a table with another.
3. A place that can't be read at all is not guessed: then there is nothing to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from postern_core.kinds import KINDS
from postern_core.parse import Parsed, spec_of
from postern_core.paths import BadPath, normalise
from postern_core.pattern_limits import ANY_PATTERN, PATTERN_SIZE_MAX
from postern_core.ref import Ref
from postern_core.resources.jwt_policy_kind import JWTPolicySpec
from postern_core.resources.route import MATCHES_MAX, HeaderMatch, QueryParamMatch, RoutePath, RouteSpec
from postern_core.resources.service import ServiceSpec
from postern_core.resources.types import HeaderName, Host, Label, Method, Name
from postern_core.validators import Validators

GATEWAY_API = "gateway.networking.k8s.io"
EVERY_PATH = (RoutePath(type="Prefix", value="/"),)


@dataclass(frozen=True, slots=True)
class ServiceScope:
    """What of a broken Service says where it would have been; `hosts` None is unreadable."""

    gateways: tuple[str, ...]
    hosts: tuple[str, ...] | None
    path_prefix: str | None


@dataclass(frozen=True, slots=True)
class RouteScope:
    """What of a broken Route says which requests it would have taken; `unread` is of headers and query parameters."""

    service: str
    methods: tuple[str, ...]
    paths: tuple[RoutePath, ...]
    headers: tuple[HeaderMatch, ...]
    query_params: tuple[QueryParamMatch, ...]
    unread: int


def recover_service_scope(parsed: Parsed) -> ServiceScope:
    """Read what can be read of a Service that failed."""
    spec = _spec_of(parsed)
    gateways = _readable(spec.get("gateways", ["default"]), Label)
    hosts = _readable(spec["hosts"], Host) if "hosts" in spec else ()
    return ServiceScope(
        gateways=gateways,
        hosts=None if "hosts" in spec and not _is_empty(spec["hosts"]) and not hosts else hosts,
        path_prefix=_path(spec.get("pathPrefix", "/")),
    )


def recover_route_scope(parsed: Parsed, inspectors: Validators) -> RouteScope:
    """Read what can be read of a Route that failed."""
    spec = _spec_of(parsed)
    reference = spec.get("serviceRef")
    name = reference.get("name") if isinstance(reference, Mapping) else None

    def matches(field: str, type_: Any) -> tuple[tuple[Any, ...], int]:
        """The matches that can be read, and the number of the others: the most of a list for what is no list."""
        given = spec.get(field, ())
        found = tuple(it for it in _readable(given, type_) if it.type != "Regex" or _is_usable(it.value, inspectors))
        return found, len(given) - len(found) if isinstance(given, list | tuple) else MATCHES_MAX

    asked = [m.upper() if isinstance(m, str) else m for m in _listed(spec.get("methods"))]
    methods = _readable(asked, Method)
    headers, unread_headers = matches("headers", HeaderMatch)
    query_params, unread_params = matches("queryParams", QueryParamMatch)
    return RouteScope(
        service=name if isinstance(name, str) else "",
        methods=methods if len(methods) == len(asked) else (),  # one that can't be read may be any
        paths=EVERY_PATH if _is_empty(spec.get("paths", ())) else _paths(spec["paths"], inspectors),
        headers=headers,
        query_params=query_params,
        unread=unread_headers + unread_params,
    )


def recover_targets(parsed: Parsed) -> tuple[Ref, ...] | None:
    """What a JWTPolicy targets, as far as it can be read; None where that may be every Ingress of its namespace.

    A kind that can't be read may have been meant for an Ingress, but one of Gateway API was not.  Where there are
    none, a field that isn't known may have been meant for them, and so may a spec that isn't one.
    """
    spec = _spec_of(parsed)
    targets = spec.get("targetRefs", () if spec.keys() == {"jwt"} else None)
    if not isinstance(targets, list | tuple):
        return None
    meant = [it for it in targets if not (isinstance(it, Mapping) and it.get("group") == GATEWAY_API)]
    names = _readable([it.get("name") if isinstance(it, Mapping) else None for it in meant], Name)
    return tuple(Ref("Ingress", parsed.ref.namespace, name) for name in names) if len(names) == len(meant) else None


def recover_forwarded_headers(parsed: Parsed) -> tuple[str, ...]:
    """The headers that the policy of a Service, a Route or a JWTPolicy sets from claims, as far as they can be read."""
    decoded = spec_of(parsed)
    if isinstance(decoded, JWTPolicySpec):
        return tuple(it.header for it in decoded.jwt.forward_claims)
    if isinstance(decoded, ServiceSpec | RouteSpec):
        return tuple(it.header for it in decoded.auth.jwt.forward_claims) if decoded.auth else ()
    spec: object = parsed.manifest.get("spec") if parsed.manifest else None
    for member in ("jwt",) if parsed.ref.kind == "JWTPolicy" else ("auth", "jwt"):
        spec = spec.get(member) if isinstance(spec, Mapping) else None
    listed = _listed(spec.get("forwardClaims")) if isinstance(spec, Mapping) else ()
    return _readable([it.get("header") for it in listed if isinstance(it, Mapping)], HeaderName)


def recover_parent(parsed: Parsed) -> Ref | None:
    """The object that a failed one says it belongs to, None where that can't be read."""
    parent = KINDS[parsed.ref.kind].parent
    reference = _spec_of(parsed).get(parent.field) if parent is not None else None
    name = _readable([reference.get("name")], Name) if isinstance(reference, Mapping) else ()
    return Ref(parent.kind, parsed.ref.namespace, name[0]) if parent is not None and name else None


def _spec_of(parsed: Parsed) -> Mapping[str, Any]:
    decoded = spec_of(parsed)
    if decoded is not None:  # well-formed, but a check has failed
        spec = msgspec.to_builtins(decoded)
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
    """The path that was meant, None where it can't be known."""
    if not isinstance(value, str):
        return None
    try:
        return normalise(value if value.startswith("/") else f"/{value}").path
    except BadPath:
        return None


def _is_usable(pattern: str, inspectors: Validators) -> bool:
    """Whether a data plane can try a pattern, and may."""
    return not inspectors.regex_error(pattern) and inspectors.pattern_size(pattern) <= PATTERN_SIZE_MAX


def _paths(value: object, inspectors: Validators) -> tuple[RoutePath, ...]:
    """The paths that were meant; one whose type can't be read is taken as Exact and as Prefix."""
    paths: list[RoutePath] = []
    for element in _listed(value):
        given = element.get("value") if isinstance(element, Mapping) else element
        kind = element.get("type") if isinstance(element, Mapping) else None
        if kind == "Regex" and isinstance(given, str):
            paths.append(RoutePath(type="Regex", value=given if _is_usable(given, inspectors) else ANY_PATTERN))
            continue
        path = _path(given)
        if path is not None:
            kinds = (kind,) if kind in ("Exact", "Prefix") else ("Exact", "Prefix")
            paths += [RoutePath(type=k, value=path) for k in kinds]  # type: ignore[arg-type]
    return tuple(paths)
