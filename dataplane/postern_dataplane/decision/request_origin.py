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
    scheme = client_scheme(head, table)
    return f"{scheme}://{authority_of(target.host, client_port(target, scheme), scheme)}"


def client_scheme(head: RequestHead, table: RoutingTable) -> str:
    """The scheme by which the client has asked, as a trusted proxy says where one does."""
    scheme = "https" if head.is_tls else "http"
    said = _said_scheme(head)
    return said if said in USUAL_PORTS and said != scheme and table.is_trusted_proxy(head.peer) else scheme


def client_port(target: Target, scheme: str) -> int:
    """The port that the client has asked for."""
    name, _, port = target.authority.rpartition(":")
    return int(port) if name and port.isdecimal() else USUAL_PORTS[scheme]


def authority_of(host: str, port: int, scheme: str) -> str:
    """The host, with its port where that is not the scheme's own."""
    return host if port == USUAL_PORTS[scheme] else f"{host}:{port}"


def _said_scheme(head: RequestHead) -> str:
    """What the first X-Forwarded-Proto that says something begins with, "" for none."""
    for value in head.values(b"x-forwarded-proto"):
        if value:
            return value.decode("latin-1").partition(",")[0].strip().lower()
    return ""
