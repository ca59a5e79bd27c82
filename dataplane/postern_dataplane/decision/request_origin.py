"""The origin by which a client knows the gateway: the scheme and the host of the URL that it has asked for."""

from __future__ import annotations

from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target
from postern_dataplane.table.routing_table import RoutingTable

# By scheme, the port that its URLs leave out.
USUAL_PORTS = {"http": 80, "https": 443}


def request_origin(head: RequestHead, target: Target, table: RoutingTable) -> str:
    """The origin, "" for a request that names no host; of a trusted proxy's client the scheme is as the proxy says.

    Written in one way, however the client has written it (RFC 6454, section 6.2).
    """
    if not target.authority:
        return ""
    scheme = "https" if head.is_tls else "http"
    said = _said_scheme(head)
    if said in USUAL_PORTS and said != scheme and table.is_trusted_proxy(head.peer):
        scheme = said
    name, _, port = target.authority.rpartition(":")
    is_named = name and port.isdecimal() and int(port) != USUAL_PORTS[scheme]
    return f"{scheme}://{target.host}:{int(port)}" if is_named else f"{scheme}://{target.host}"


def _said_scheme(head: RequestHead) -> str:
    """What the first X-Forwarded-Proto that says something begins with, "" for none."""
    for name, value in head.headers:
        if value and name.lower() == b"x-forwarded-proto":
            return value.decode("latin-1").partition(",")[0].strip().lower()
    return ""
