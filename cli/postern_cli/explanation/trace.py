"""The walk of one request through the data plane's policy, step by step.

The decision itself is `decide`'s; the steps call the functions that it calls,
in the order in which it does, so that they end where it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from postern_core.paths import BadPath, normalise
from postern_core.ref import Ref
from postern_core.snapshot import TokenSource
from postern_dataplane.decision.authenticate import is_passed_over
from postern_dataplane.decision.client_address import client_of, is_admitted
from postern_dataplane.decision.decide import decide, find_route, host_field, target_of, usable_upstream
from postern_dataplane.decision.extracted_token import RepeatedToken, TokenFound
from postern_dataplane.decision.https_location import redirect_of_listener
from postern_dataplane.decision.issuer_checks import IssuerContext
from postern_dataplane.decision.outcome import Decision, Reject
from postern_dataplane.decision.preflight import preflight
from postern_dataplane.decision.redirect import redirected
from postern_dataplane.decision.token_extraction import extract_token
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.http1.request_writer import request_bytes
from postern_dataplane.request.denials import Denial, DenialReason
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target, compared_host
from postern_dataplane.table.compiled import CompiledPolicy, CompiledRoute
from postern_dataplane.table.routing_table import RoutingTable

from .certificates import certificate_shown
from .limits import limit_notes
from .routes import RouteNote, route_notes
from .steps import Outcome, Step, Trace, nothing
from .token_checks import check_token
from .wording import listed, shown

READING = "the request has one reading"
CERTIFICATE = "its connection was opened for a host of the same certificate"
LISTENER = "its listener serves it"
ROUTE = "a route takes it"
CLIENT = "its client may call from its address"
METADATA = "it asks for no metadata of a protected resource"
NO_HOST = "it names no host that could be kept"
REDIRECT = "it is where its route sends clients"
BODY = "its body is not too large"
AUTHENTICATED = "the token is good"
UPSTREAM = "the upstream has an endpoint"

# Why the data port refuses a head that it has not read to its end.
UNREAD = {
    DenialReason.EXPECTATION_FAILED: "it expects something else than 100-continue",
    DenialReason.HEADERS_TOO_LARGE: "its headers are larger than the gateway's limits allow",
    DenialReason.URI_TOO_LONG: "its request line is longer than the gateway's limit allows",
}
NOT_HTTP = "it is not HTTP/1.1 as the gateway takes it: its framing, or a character in its head, is ambiguous"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the gateway makes of a request, and how it came to it.

    `written_target` is the request target as it came, `target` None for a request that has no single reading;
    `token` is for redaction only, never to be shown.  `sent` is the head that goes upstream, `limits` are a line for
    each rate limit of the route.
    """

    method: str
    written_target: str
    target: Target | None
    routes: tuple[RouteNote, ...]
    steps: tuple[Step, ...]
    decision: Decision
    token: str
    sent: bytes = b""
    limits: tuple[str, ...] = ()


def explain(head: RequestHead, table: RoutingTable, now_s: float) -> Explanation:
    """Decide about a request and tell each step."""
    walk = Trace()
    target = _read(head, table, walk)
    redirect = _listener(head, target, walk) if target else None
    if redirect is not None:
        walk.skip([ROUTE, AUTHENTICATED, UPSTREAM])
        return Explanation(head.method, head.target, target, (), tuple(walk.steps), Reject(redirect), "")
    answer = preflight(head, target, table) if target and head.method == "OPTIONS" else None
    if answer is not None:
        return _preflight(head, target, answer, walk)
    row = _find_route(head, target, table, walk)
    is_limited = walk.reason is None
    if row is not None and row.metadata is not None:
        walk.check(METADATA, lambda: DenialReason.PROTECTED_RESOURCE, lambda: f"of {row.entry.id.replace('/', ' ', 1)}")
    if row is not None and row.redirect is not None and target is not None:
        elsewhere = redirected(head, target, row.redirect, table)
        reason = None if elsewhere is None else elsewhere.reason
        walk.check(REDIRECT, lambda: reason, lambda: "" if elsewhere is None else elsewhere.location or NO_HOST)
    token = _authenticate(row, head, target, table, now_s=now_s, walk=walk) if row and target else ""
    if row is None:
        walk.skip([AUTHENTICATED, UPSTREAM])
    else:
        unusable = None if usable_upstream(row) else DenialReason.UPSTREAM_UNAVAILABLE
        walk.check(UPSTREAM, lambda: unusable, lambda: _upstream_detail(row))
    routes = table.virtual_host(head.port, target.host) if target else None
    notes = route_notes(routes, target, head, row) if routes and target else []
    decision = decide(head, table, NullCache(), now_s)
    sent = b"" if isinstance(decision, Reject) else request_bytes(head, decision.head)
    good = "" if any(step.outcome is Outcome.FORGIVEN for step in walk.steps) else token
    limits = limit_notes(row, head, table, decision, good) if row and is_limited else ()
    return Explanation(
        head.method, head.target, target, tuple(notes), tuple(walk.steps), decision, token, sent, tuple(limits)
    )


def _listener(head: RequestHead, target: Target, walk: Trace) -> Denial | None:
    """Tell which listener takes a request; returns the redirect where it serves nothing itself."""
    listener = None if head.port is None else head.port.listener_of(target.host)
    if listener is None:
        return None
    redirect = redirect_of_listener(head, target)
    reason = None if redirect is None else redirect.reason
    hosts = listener.hostname or "every host"
    sent = "" if redirect is None else f", and sends every request to HTTPS at port {listener.redirect_port}"
    name = listener.id.rpartition("/")[2]
    walk.check(LISTENER, lambda: reason, lambda: f"{name}, for {hosts} at port {listener.port}{sent}")
    return redirect


def _preflight(head: RequestHead, target: Target | None, answer: Reject, walk: Trace) -> Explanation:
    """Explain what needs neither a token nor an upstream."""
    is_allowed = any(name == b"Access-Control-Allow-Origin" for name, _ in answer.cors or ())
    what = "is allowed" if is_allowed else "is not allowed, or not by all routes that may take the request behind it"
    if answer.denial.reason is DenialReason.CLIENT_NOT_ALLOWED:
        what += ", but no request may come from the client's address"
    where = f"a browser asks for {answer.route.label if answer.route else 'a route'}, and its page's origin {what}"
    walk.check("it is no CORS preflight", lambda: answer.denial.reason, lambda: where)
    walk.skip([ROUTE, AUTHENTICATED, UPSTREAM])
    return Explanation(head.method, head.target, target, (), tuple(walk.steps), answer, "")


def explain_unread(method: str, target: str, denial: Denial) -> Explanation:
    """Explain a request that the data port refuses before it is decided about."""
    walk = Trace()
    walk.check(READING, lambda: denial.reason, lambda: UNREAD.get(denial.reason, NOT_HTTP))
    walk.skip([ROUTE, AUTHENTICATED, UPSTREAM])
    return Explanation(method, target, None, (), tuple(walk.steps), Reject(denial), "")


def _read(head: RequestHead, table: RoutingTable, walk: Trace) -> Target | None:
    host, is_repeated = host_field(head)
    target = target_of(head, table)
    if isinstance(target, Denial):
        reason = target.reason
        if reason is DenialReason.MISDIRECTED:
            walk.check(READING, nothing)
            walk.check(
                CERTIFICATE, lambda: reason, lambda: f"{certificate_shown(head.tls, table)}; the Host has another"
            )
            return None
        walk.check(READING, lambda: reason, lambda: _unreadable(head, host, is_repeated=is_repeated))
        return None
    walk.check(READING, nothing)
    if head.tls is not None and table.certificates.by_id:
        walk.check(CERTIFICATE, nothing, lambda: certificate_shown(head.tls, table))
    return target


def _unreadable(head: RequestHead, host: bytes | None, *, is_repeated: bool) -> str:
    """Which part of a request could not be read, as far as the functions that read it tell."""
    if is_repeated:
        return "there are two Host headers"
    if host is None and head.http_minor:
        return "there is no Host header"
    if host is not None and compared_host(host.decode("latin-1")) is None:
        return "the Host header is no host name, with or without a port"
    try:
        normalise(head.target.partition("?")[0])
    except BadPath as error:
        return f"the path can't be taken: {error}"
    return "its method or target is not one that a gateway takes"


def _find_route(head: RequestHead, target: Target | None, table: RoutingTable, walk: Trace) -> CompiledRoute | None:
    if target is None:
        walk.skip([ROUTE])
        return None
    row = find_route(head, target, table)
    if isinstance(row, Denial):
        reason = row.reason
        walk.check(ROUTE, lambda: reason, lambda: _without_route(head, target, table, reason))
        return None
    walk.check(ROUTE, nothing, lambda: row.label)
    refusal = row.entry.refusal
    walk.check("its manifests are sound", lambda: DenialReason.ROUTE_REFUSED if refusal else None, lambda: refusal)
    clients = row.clients
    if clients is not None:
        refused = None if is_admitted(head, clients, table) else DenialReason.CLIENT_NOT_ALLOWED
        walk.check(CLIENT, lambda: refused, lambda: client_of(head, clients, table) or "its address is not known")
    if row.body_bytes_max is not None and head.content_length is not None:
        size, bytes_max = head.content_length, row.body_bytes_max
        too_large = DenialReason.BODY_TOO_LARGE if size > bytes_max else None
        walk.check(BODY, lambda: too_large, lambda: f"{size} bytes, of {bytes_max} that its route takes")
    return row


def _without_route(head: RequestHead, target: Target, table: RoutingTable, reason: DenialReason) -> str:
    if reason == DenialReason.BAD_REQUEST and target.unmerged == "":
        return "its path has both // and a dot segment, which has two readings where mergeSlashes is false"
    if reason == DenialReason.BAD_REQUEST and not target.has_encoded_slash:
        return (
            "its path has a parameter or an escape within an escape, which pathParameters or doubleEncoding: Reject of "
            "the route's Service refuses"
        )
    if reason == DenialReason.BAD_REQUEST:
        return "its path has an encoded slash or backslash, which encodedSlashes: Keep would take"
    if head.port is not None and head.port.listener_of(target.host) is None:
        return f"no listener of port {head.port.number} takes the host {shown(target.host)}"
    if table.virtual_host(head.port, target.host) is None:
        return f"no Service of gateway {table.gateway} has the host {shown(target.host)}"
    return "none of this host's routes"


def _authenticate(
    row: CompiledRoute, head: RequestHead, target: Target, table: RoutingTable, *, now_s: float, walk: Trace
) -> str:
    """Walk through the authentication; returns the token that was found, "" for none."""
    policy = row.policy
    if policy is None:
        walk.check("no token is asked for", nothing, lambda: "the route is public")
        return ""
    named = Ref.of(policy.entry.id)
    if named.kind == "JWTPolicy":
        walk.check("a JWTPolicy protects it", nothing, lambda: named.path)
    token = extract_token(policy.entry.places, head.layout, head.field_values, target.query)
    where = listed(_places(policy.entry.places))
    if token is None:
        walk.check("a token is there", lambda: _missing(policy), lambda: f"none in {where}{_instead(policy)}")
        return ""
    found = f"in {listed(_places((token.source,)))}"
    text = token.text if isinstance(token, TokenFound) else ""
    if isinstance(token, RepeatedToken):
        walk.check("a token is there", lambda: DenialReason.REPEATED_TOKEN, lambda: f"{found}, but more than once")
    else:
        walk.check("a token is there", nothing, lambda: found)
        check_token(walk, IssuerContext(text, policy, table.credentials, now_s))
    if walk.reason is not None and is_passed_over(policy.entry, walk.reason):
        walk.forgive()
        walk.check("mode is Permissive", lambda: _missing(policy), lambda: f"a bad token is as none{_instead(policy)}")
    return text


def _missing(policy: CompiledPolicy) -> DenialReason | None:
    """The reason against a request without a good token; None where it passes as anonymous."""
    return None if policy.anonymous else policy.missing.reason


def _instead(policy: CompiledPolicy) -> str:
    if policy.anonymous:
        return f": it is {policy.anonymous.consumer or 'nobody'} who calls, which mode {policy.entry.mode} allows"
    return "" if policy.entry.mode == "Required" else ": and who has none is not allowed by the policy"


def _places(places: tuple[TokenSource, ...]) -> Iterator[str]:
    return (f"{place.kind} {place.name}{'...' if place.kind == 'protocol' else ''}" for place in places)


def _upstream_detail(row: CompiledRoute) -> str:
    if row.split is not None and len(row.split.choices) > 1:
        usable = sum(choice.upstream is not None for choice in row.split.choices)
        return f"{usable} of {len(row.split.choices)} upstreams, over which its requests are split, can be used"
    if row.upstream is None:
        return "there is none"
    return row.upstream.backend.refusal or f"{len(row.upstream.endpoints)} of {row.upstream.id}"
