"""The origin by which a client knows the gateway: the scheme and the host of the URL that it has asked for."""

from __future__ import annotations

from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target
from postern_dataplane.table.routing_table import RoutingTable

SCHEMES = frozenset({"http", "https"})


def request_origin(head: RequestHead, target: Target, table: RoutingTable) -> str:
    """The origin, "" for a request that names no host; of a trusted proxy's client it is as the proxy says."""
    if not target.authority:
        return ""
    scheme = "https" if head.is_tls else "http"
    said = _said_scheme(head)
    if said in SCHEMES and said != scheme and table.is_trusted_proxy(head.peer):
        scheme = said
    return f"{scheme}://{target.authority}"


def _said_scheme(head: RequestHead) -> str:
    """What the first X-Forwarded-Proto that says something begins with, "" for none."""
    for name, value in head.headers:
        if value and name.lower() == b"x-forwarded-proto":
            return value.decode("latin-1").partition(",")[0].strip().lower()
    return ""
