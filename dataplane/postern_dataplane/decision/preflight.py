"""CORS by the Fetch standard: whether a request is a preflight, and what is said to the page that made it.

Rules of this file:
1. A preflight has no credentials, so it is answered before any are asked for, and never goes upstream.
2. It is decided by the routes that may take the request behind it. Where they differ in what they allow, nothing is
   allowed: which of them it will be is known only when it comes. For the same reason a client is refused only where
   all of them refuse its address.
"""

from __future__ import annotations

from msgspec import structs

from postern_dataplane.request.denials import CLIENT_NOT_ALLOWED, CORS_PREFLIGHT
from postern_dataplane.request.field_layout import Fields
from postern_dataplane.request.head import RequestHead, only_value
from postern_dataplane.request.target import Target
from postern_dataplane.table.cors import VARY
from postern_dataplane.table.patterns import TextTooLong
from postern_dataplane.table.routing_table import RoutingTable

from .client_address import is_admitted
from .outcome import Reject

ANNOUNCED_BYTES_MAX = 4_096


def origin_of(head: RequestHead) -> bytes | None:
    """The origin of the page that made a request; None where it names none, or several."""
    return only_value(head, b"origin")


def preflight(head: RequestHead, target: Target, table: RoutingTable) -> Reject | None:
    """The answer to a preflight; None for a request that is none, or that is for routes without `cors`."""
    origin, method = origin_of(head), only_value(head, b"access-control-request-method")
    if origin is None or method is None:
        return None
    routes, announced = table.virtual_host(head.port, target.host), _announced(head)
    if routes is None or announced is None:
        return None
    try:
        rows = routes.candidates(target, structs.replace(head, method=method.decode("latin-1")), announced)
    except TextTooLong:
        return None
    if all(row.cors is None for row in rows):
        return None
    cors = rows[0].cors
    are_alike = all(row.entry.cors == rows[0].entry.cors for row in rows)
    fields: Fields = cors.preflight(origin) if cors is not None and are_alike else VARY
    if not any(row.clients is None or is_admitted(head, row.clients, table) for row in rows):
        return Reject(CLIENT_NOT_ALLOWED, rows[0], cors=fields)
    return Reject(CORS_PREFLIGHT, rows[0], cors=fields)


def _announced(head: RequestHead) -> frozenset[str] | None:
    """The names of headers that the request behind a preflight will have; None for more than a page would set."""
    names = b",".join(head.values(b"access-control-request-headers"))
    if len(names) > ANNOUNCED_BYTES_MAX:
        return None
    return frozenset(name.strip(" \t") for name in names.decode("latin-1").lower().split(","))
