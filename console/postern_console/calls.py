"""How a client calls a Route: the URL, and the place where it puts its token. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from urllib.parse import quote

from postern_core.parse import Parsed, is_a
from postern_core.ref import Ref
from postern_core.resources.auth import Auth
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.resources.token_place import TokenPlace

from .state import ConsoleState, parent_of

# Where `postern run` listens unless it is given another address.
GATEWAY = "http://127.0.0.1:8080"
ANY_HOST = "app.example.com"
USUAL_PLACE = TokenPlace(header="Authorization")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a Route takes: its method, host and path, and where its policy looks for a token first."""

    method: str
    host: str
    path: str
    place: TokenPlace | None

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"


@dataclass(frozen=True, slots=True)
class RouteCall:
    """A Route with its call: its own methods, and the gateways that serve it."""

    ref: Ref
    call: Call
    methods: tuple[str, ...]
    gateways: tuple[str, ...]


def call_of(parsed: Parsed, state: ConsoleState) -> Call | None:
    """A call of a Route, by its first method, host and path; None for one that can't be read, or has no Service."""
    route = route_call_of(parsed, state)
    return route.call if route else None


def route_call_of(parsed: Parsed, state: ConsoleState) -> RouteCall | None:
    """As `call_of`, with what else there is to choose."""
    parent = parent_of(parsed)
    service = state.objects.get(parent) if parent else None
    if not is_a(parsed, Route) or not is_a(service, Service):
        return None
    spec, outer = parsed.resource.spec, service.resource.spec
    auth = spec.auth if isinstance(spec.auth, Auth) else outer.auth
    policy = auth.jwt if isinstance(auth, Auth) and auth.jwt.mode != "Disabled" else None
    host = outer.hosts[0].replace("*", "any", 1) if outer.hosts else ANY_HOST
    inner = next((path.value for path in spec.paths if path.type != "Regex"), "/")
    path = outer.path_prefix.rstrip("/") + inner
    call = Call((spec.methods or ("GET",))[0], host, path, policy.places[0] if policy else None)
    return RouteCall(parsed.ref, call, tuple(spec.methods), tuple(outer.gateways))


def curl_line(call: Call, token: str, gateway: str = GATEWAY) -> str:
    """The command that sends the call with a token to a gateway."""
    path, fields = with_token(call, token)
    words = ["curl", *(["--request", call.method] if call.method != "GET" else []), gateway.rstrip("/") + path]
    for field in (f"Host: {call.host}", *fields):
        words += ["--header", field]
    return shlex.join(words)


def with_token(call: Call, token: str) -> tuple[str, list[str]]:
    """The path of a call, and the header lines that it needs, with a token where its policy looks first."""
    path, fields, place = call.path, [], call.place or USUAL_PLACE
    if place.header:
        scheme = "Bearer" if place.scheme is None and place.header.lower() == "authorization" else place.scheme
        fields.append(f"{place.header}: {f'{scheme} ' if scheme else ''}{token}")
    elif place.cookie:
        fields.append(f"Cookie: {place.cookie}={token}")
    elif place.query:
        path += f"{'&' if '?' in path else '?'}{quote(place.query, safe='')}={token}"
    else:
        fields.append(f"Sec-WebSocket-Protocol: {place.web_socket_protocol}{token}")
    return path, fields
