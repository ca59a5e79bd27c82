"""The redirect of a route: the address that a client is sent to.

Rules of this file:
1. The address is absolute, and its host one that is configured or by which the route was found, so that no path of a
   request can be read as another host.
2. Its path is what was matched, in normal form, and its query what came.
3. No token is asked for: the answer holds nothing but what the manifest says and the client has sent itself.
4. A request that is at the address already is not sent there again.
"""

from __future__ import annotations

from postern_dataplane.request.denials import BAD_REQUEST, Denial
from postern_dataplane.request.head import RequestHead
from postern_dataplane.request.target import Target, ascii_only
from postern_dataplane.table.redirect import CompiledRedirect
from postern_dataplane.table.routing_table import RoutingTable

from .request_origin import USUAL_PORTS, authority_of, client_port, client_scheme

# A port that the client made up must not be kept for others by a cache that does not tell ports apart.
OF_THIS_CLIENT = "private"


def redirected(head: RequestHead, target: Target, redirect: CompiledRedirect, table: RoutingTable) -> Denial | None:
    """The redirect of a request, or the refusal of one that names no host; None for one that is not redirected."""
    entry, asked_by = redirect.entry, client_scheme(head, table)
    # Gateway API has the listener's; one of the process's settings knows its own, and not the one before it.
    listener = head.port if head.port is not None and head.port.is_tls == (asked_by == "https") else None
    asked_port = client_port(target, asked_by) if listener is None else listener.number
    scheme, host = entry.scheme or asked_by, entry.hostname or target.host
    if not host:
        return BAD_REQUEST
    usual = USUAL_PORTS[scheme]
    is_kept = entry.port is None and entry.scheme is None
    # Gateway API: with a scheme and no port it is the scheme's own, without either that which was asked for.
    port = asked_port if is_kept else entry.port or usual
    query = "" if target.query is None else f"?{target.query}"
    address = scheme, host, port, redirect.new_path(target)
    if address == (asked_by, target.host, asked_port, redirect.asked_path(target)):
        return None
    location = ascii_only(f"{scheme}://{authority_of(host, port, scheme)}{address[3]}{query}")
    is_chosen = is_kept and listener is None and port != usual
    return redirect.denial.with_location(location, OF_THIS_CLIENT if is_chosen else "")
