"""The decision about a request: the one place where policy is put together.

Pure, but for the caches of the table.  `explain` walks the same steps and tells
about each.
"""

from __future__ import annotations

import math

from postern_dataplane.config.rows import RouteRow
from postern_dataplane.config.table import Table

from .auth import authenticate
from .decision import Decision, Forward, Reject, RequestHead
from .denials import BAD_REQUEST, NO_ROUTE, ROUTE_REFUSED, UPSTREAM_UNAVAILABLE, Denial
from .headers import upstream_head
from .identity import Identity
from .target import Target, read_target


def decide(head: RequestHead, table: Table, now_s: float) -> Decision:
    """Decide about one request; `now_s` is in seconds since the epoch."""
    host, is_repeated = host_field(head)
    target = BAD_REQUEST if is_repeated else read_target(head, host)
    if isinstance(target, Denial):
        return Reject(target)
    row = find_route(head, target, table)
    if isinstance(row, Denial):
        return Reject(row)
    if row.entry.refusal:
        return Reject(ROUTE_REFUSED, row)
    identity: Identity | None = None
    until = math.inf
    if row.policy is not None:
        caller, until = authenticate(
            row.policy, head.headers, target.query, table.credentials, table.token_cache, now_s=now_s
        )
        if isinstance(caller, Denial):
            return Reject(caller, row, until)
        identity = caller
    upstream = row.upstream
    if upstream is None or upstream.backend.refusal or not upstream.endpoints:
        return Reject(UPSTREAM_UNAVAILABLE, row, until)
    sent = upstream_head(head, target, row, identity, is_trusted=table.trusts(head.peer))
    return Forward(upstream, row, sent, identity.consumer if identity else "", until)


def host_field(head: RequestHead) -> tuple[bytes | None, bool]:
    """The Host field, and whether there is more than one."""
    found: bytes | None = None
    for name, value in head.headers:
        if len(name) == 4 and name.lower() == b"host":
            if found is not None:
                return found, True
            found = value
    return found, False


def find_route(head: RequestHead, target: Target, table: Table) -> RouteRow | Denial:
    """The route that takes the request, or why none does."""
    routes = table.hosts.find(target.host)
    row = routes.find(target, head) if routes else None
    if target.has_encoded_slash and not (row.entry.keep_encoded_slashes if row else routes and routes.keeps_slashes):
        return BAD_REQUEST
    return row or NO_ROUTE
