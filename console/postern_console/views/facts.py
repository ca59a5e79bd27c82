"""What one sees first of an object of each kind: the columns of a list, and the top of its own page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import UnsetType

from postern_console.shown_manifest import without_user_info
from postern_console.state import ConsoleState, parent_of
from postern_core.link.ingress_classes import named_class
from postern_core.parse import Parsed, is_a
from postern_core.ref import Ref
from postern_core.resources.auth import Auth
from postern_core.resources.consumer import Consumer
from postern_core.resources.ingress import Ingress
from postern_core.resources.issuer_keys import keys_source
from postern_core.resources.jwt_credential import JWTCredential
from postern_core.resources.jwt_policy_kind import JWTPolicy
from postern_core.resources.route import Route, RoutePath
from postern_core.resources.service import Service, ServiceSpec
from postern_core.resources.token_issuer import TokenIssuer
from postern_core.resources.upstream import ServiceUpstream

Facts = Mapping[str, str]
UNKNOWN = "unknown"

MODES = MappingProxyType(
    {
        "Required": "token required",
        "Optional": "token optional",
        "Permissive": "any token passes",
        "Disabled": "public",
    }
)


def facts_of(parsed: Parsed, state: ConsoleState) -> Facts:
    """The facts of an object by heading; those of one that can't be read are unknown."""
    headings, read = FACTS.get(parsed.ref.kind, NO_FACTS)
    values = read(parsed, state) if parsed.resource is not None else (UNKNOWN,) * len(headings)
    return dict(zip(headings, values, strict=True))


def headings_of(kind: str) -> tuple[str, ...]:
    return FACTS.get(kind, NO_FACTS)[0]


def _service(parsed: Parsed, state: ConsoleState) -> tuple[str, ...]:
    assert is_a(parsed, Service)
    spec = parsed.resource.spec
    routes = str(len(state.children.get(parsed.ref, ())))
    return (_listed(spec.hosts, "every host"), spec.path_prefix, _upstreams(spec), _mode(spec.auth), routes)


def _route(parsed: Parsed, state: ConsoleState) -> tuple[str, ...]:
    assert is_a(parsed, Route)
    spec = parsed.resource.spec
    paths = _listed(map(_path, spec.paths), "every path")
    protection = _mode(spec.auth) if isinstance(spec.auth, Auth) else _of_service(parent_of(parsed), state)
    return (spec.service_ref.name, _listed(spec.methods, "every method"), paths, protection)


def _consumer(parsed: Parsed, state: ConsoleState) -> tuple[str, ...]:
    assert is_a(parsed, Consumer)
    spec = parsed.resource.spec
    return (_listed(spec.groups, "none"), spec.custom_id or "none", str(len(state.children.get(parsed.ref, ()))))


def _credential(parsed: Parsed, _: ConsoleState) -> tuple[str, ...]:
    assert is_a(parsed, JWTCredential)
    spec = parsed.resource.spec
    key = spec.key or parsed.ref.name
    if spec.issuer_ref is not None:
        return (spec.consumer_ref.name, key, "the issuer's", f"TokenIssuer {spec.issuer_ref.name}")
    return (spec.consumer_ref.name, key, spec.own_algorithm, str(len(spec.keys)) if spec.keys else "generated")


def _issuer(parsed: Parsed, _: ConsoleState) -> tuple[str, ...]:
    assert is_a(parsed, TokenIssuer)
    spec = parsed.resource.spec
    audiences = "any" if spec.any_audience else _listed(spec.audiences, "none")
    callers = spec.callers.consumer.name if spec.callers.consumer else "named by the token"
    held = spec.keys.ref
    keys = f"{held.kind} {held.name}" if held else keys_source(parsed.ref, spec)
    return (spec.issuer or "the API server's", audiences, callers, keys)


def _policy(parsed: Parsed, _: ConsoleState) -> tuple[str, ...]:
    assert is_a(parsed, JWTPolicy)
    block = parsed.resource.spec.jwt
    allowed = (*block.allow.consumers, *(f"group {group}" for group in block.allow.groups))
    claims = _listed(block.required_claims, "none")
    targets = _listed((f"{it.kind} {it.name}" for it in parsed.resource.spec.target_refs), "what names it")
    return (targets, MODES[block.mode], claims, _listed(allowed, "every consumer"))


def _ingress(parsed: Parsed, _: ConsoleState) -> tuple[str, ...]:
    assert is_a(parsed, Ingress)
    rules = parsed.resource.spec.rules or ()
    hosts = dict.fromkeys(rule.host or "every host" for rule in rules)
    paths = dict.fromkeys(path.path or "every path" for rule in rules if rule.http for path in rule.http.paths)
    named = named_class(parsed)
    return (named[0] if named else "the default one", _listed(hosts, "every host"), _listed(paths, "none"))


def _listed(texts: Iterable[str], otherwise: str) -> str:
    return ", ".join(texts) or otherwise


def _path(path: RoutePath) -> str:
    return path.value if path.type == "Exact" else f"{path.value} ({path.type.lower()})"


def _upstreams(spec: ServiceSpec) -> str:
    if spec.upstream is not None:
        return _upstream(spec.upstream)
    return _listed((f"{_upstream(it)} (weight {it.weight})" for it in spec.upstreams or ()), UNKNOWN)


def _upstream(upstream: ServiceUpstream) -> str:
    if upstream.url is not None:
        return without_user_info(upstream.url)
    if upstream.service is not None:
        return f"Service {upstream.service.name}:{upstream.service.port}"
    return _listed((f"{it.address}:{it.port}" for it in upstream.endpoints or ()), UNKNOWN)


def _mode(auth: Auth | UnsetType) -> str:
    return MODES[auth.jwt.mode] if isinstance(auth, Auth) else MODES["Disabled"]


def _of_service(ref: Ref | None, state: ConsoleState) -> str:
    """What a Route without an `auth` of its own inherits."""
    service = state.objects.get(ref) if ref else None
    return f"{_mode(service.resource.spec.auth)} (the Service's)" if is_a(service, Service) else UNKNOWN


Reading = tuple[tuple[str, ...], Callable[[Parsed, Any], tuple[str, ...]]]
# A kind without facts of its own has its name, its state and its YAML.
NO_FACTS: Reading = ((), lambda *_: ())
FACTS: Mapping[str, Reading] = MappingProxyType(
    {
        "Service": (("Hosts", "Prefix", "Upstream", "Protection", "Routes"), _service),
        "Route": (("Service", "Methods", "Paths", "Protection"), _route),
        "Consumer": (("Groups", "Custom ID", "Credentials"), _consumer),
        "JWTCredential": (("Consumer", "Key", "Algorithm", "Keys"), _credential),
        "JWTPolicy": (("Protects", "Protection", "Required claims", "Who may pass"), _policy),
        "Ingress": (("Class", "Hosts", "Paths"), _ingress),
        "TokenIssuer": (("Issuer", "Audiences", "Callers", "Key set"), _issuer),
    }
)
