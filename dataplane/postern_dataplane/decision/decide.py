"""The decision about a request: the one place where policy is put together.

Pure, but for the cache of verified tokens, which is an argument: with `NullCache`
the decisions are the same.  `explain` walks the same steps and describes each.
"""

from __future__ import annotations

import math

from postern_dataplane.request.denials import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    CLIENT_NOT_ALLOWED,
    HEADERS_TOO_LARGE,
    MISDIRECTED,
    NO_ROUTE,
    ROUTE_REFUSED,
    UPSTREAM_UNAVAILABLE,
    URI_TOO_LONG,
    Denial,
)
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target, read_target
from postern_dataplane.table.compiled import CompiledRoute
from postern_dataplane.table.identity_headers import Identity
from postern_dataplane.table.patterns import TextTooLong
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.table.upstream import Upstream

from .authenticate import Verifications, authenticate
from .client_address import is_admitted
from .extracted_token import ExtractedToken, TokenFound
from .https_location import redirect_of_listener
from .limit_keys import keys_of_caller, keys_of_request
from .outcome import Authorized, Decision, Forward, Reject
from .preflight import origin_of, preflight
from .redirect import redirected
from .request_origin import request_origin
from .route_match import RouteMatch
from .token_extraction import extract_token
from .upstream_request import upstream_head


def decide(head: RequestHead, table: RoutingTable, cache: Verifications, now_s: float) -> Decision:
    """Decide about one request; `cache` belongs to `table`, `now_s` is in seconds since the epoch."""
    route_match = match_route(head, table)
    # What passes is asked for, here and in what follows: a class of msgspec takes longer to say no.
    if not isinstance(route_match, RouteMatch):
        return route_match
    authorized = authorize(route_match, route_match.token, table, cache, now_s)
    if not isinstance(authorized, Authorized):
        return authorized
    row, target, identity = route_match.row, route_match.target, authorized.identity
    is_trusted, correlation = table.is_trusted_proxy(head.peer), table.correlation
    sent = upstream_head(head, target, row, identity, is_trusted=is_trusted, correlation=correlation)
    if row.split is None:
        return Forward(authorized, sent)
    further = [
        upstream_head(head, target, it, identity, is_trusted=is_trusted, correlation=correlation)
        for it in row.split.further_rows
    ]
    return Forward(authorized, sent, tuple(further))


def match_route(head: RequestHead, table: RoutingTable) -> RouteMatch | Reject:
    """The part of a decision that does not depend on who sends the request."""
    target = target_of(head, table)
    if not isinstance(target, Target):
        return Reject(target)
    answer = _answer_of_no_route(head, target, table)
    if answer is not None:
        return answer
    row = find_route(head, target, table)
    if isinstance(row, Denial):
        return Reject(row, unrouted=table.unrouted.find(target.host, target.path, table.hosts))
    cors = None if row.cors is None else row.cors.answer(origin_of(head))
    if row.entry.refusal:
        return Reject(ROUTE_REFUSED, row, cors=cors)
    if row.clients is not None and not is_admitted(head, row.clients, table):
        return Reject(CLIENT_NOT_ALLOWED, row, cors=cors)
    if row.body_bytes_max is not None and (head.content_length or 0) > row.body_bytes_max:
        return Reject(BODY_TOO_LARGE, row, cors=cors)
    counted = () if row.rate_limits is None else keys_of_request(head, row.rate_limits, table)
    own = _own_answer(head, target, row, table) if row.answers_itself else None
    if own is not None:
        return Reject(own, row, cors=cors, counted=counted)
    if row.policy is None:
        return RouteMatch(row, target, None, cors, counted)
    origin = "" if row.policy.resource is None else request_origin(head, target, table)
    token = extract_token(row.policy.entry.places, head.layout, head.field_values, target.query)
    return RouteMatch(row, target, token, cors, counted, origin)


def _own_answer(head: RequestHead, target: Target, row: CompiledRoute, table: RoutingTable) -> Denial | None:
    """The answer of a route that needs neither a token nor an upstream, None where the request goes on."""
    if row.metadata is not None:
        origin = request_origin(head, target, table)
        return row.metadata.metadata(origin) if origin else BAD_REQUEST
    return None if row.redirect is None else redirected(head, target, row.redirect, table)


def authorize(
    route_match: RouteMatch, token: ExtractedToken, table: RoutingTable, cache: Verifications, now_s: float
) -> Authorized | Reject:
    """The other part: whether a request with this token may pass on this route."""
    row, cors, counted, limits = route_match.row, route_match.cors, route_match.counted, route_match.row.rate_limits
    identity: Identity | None = None
    until = math.inf
    has_token = row.policy is not None and isinstance(token, TokenFound)
    if row.policy is not None:
        claims = None if limits is None else limits.claims
        denial, identity, until = authenticate(row.policy, token, table.credentials, cache, now_s=now_s, counted=claims)
        if denial is not None:
            if row.policy.resource is not None:
                denial = row.policy.resource.challenged(denial, route_match.origin)
            return Reject(denial, row, until, has_token, cors, counted=counted, identity=identity)
    upstream = usable_upstream(row)
    if upstream is None:
        return Reject(UPSTREAM_UNAVAILABLE, row, until, has_token, cors, counted=counted, identity=identity)
    if limits is not None and identity is not None:
        counted += keys_of_caller(identity, limits)
    return Authorized(upstream, row, identity, until, has_token, cors, counted)


def _answer_of_no_route(head: RequestHead, target: Target, table: RoutingTable) -> Reject | None:
    """The answer of a listener that sends requests elsewhere, or to a preflight; None where a route is to answer."""
    if head.port is not None and (redirect := redirect_of_listener(head, target)) is not None:
        return Reject(redirect)
    return preflight(head, target, table) if head.method == "OPTIONS" else None


def usable_upstream(row: CompiledRoute) -> Upstream | None:
    """The upstream of a route; None where it is refused or has no endpoint."""
    upstream = row.upstream
    return None if upstream is None or upstream.backend.refusal or not upstream.endpoints else upstream


def target_of(head: RequestHead, table: RoutingTable) -> Target | Denial:
    """Where a request wants to go, or why that is not clear, or not for its connection."""
    host, is_repeated = host_field(head)
    target = BAD_REQUEST if is_repeated else read_target(head, host)
    name = None if head.tls is None else head.tls.server_name
    # Of most connections over TLS, all requests are for the host for which they were opened.
    if name is None or isinstance(target, Denial) or target.host in (name, ""):
        return target
    return MISDIRECTED if table.is_misdirected(name, target.host) else target


def host_field(head: RequestHead) -> tuple[bytes | None, bool]:
    """The Host field, and whether there is more than one."""
    places = head.layout.places.get(b"host", ())
    return (head.field_values[places[0]] if places else None), len(places) > 1


def find_route(head: RequestHead, target: Target, table: RoutingTable) -> CompiledRoute | Denial:
    """The route that takes the request, or why none does."""
    routes = table.hosts.find(target.host) if head.port is None else table.virtual_host(head.port, target.host)
    try:
        row = routes.find(target, head) if routes else None
    except TextTooLong as error:
        return HEADERS_TOO_LARGE if error.part == "header" else URI_TOO_LONG
    if target.has_encoded_slash and not (row.entry.keep_encoded_slashes if row else routes and routes.keeps_slashes):
        return BAD_REQUEST
    if row is None:
        return NO_ROUTE
    if target.unmerged == "" and row.entry.keep_empty_segments:
        return BAD_REQUEST
    if row.refused_in_path and any(pattern.search(target.path) for pattern in row.refused_in_path):
        return BAD_REQUEST
    return row
