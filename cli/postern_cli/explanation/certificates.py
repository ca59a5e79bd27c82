"""Which certificate a client is shown that asks for a host by SNI, in words."""

from __future__ import annotations

from postern_dataplane.request.tls_session import TlsSession
from postern_dataplane.table.routing_table import RoutingTable

from .wording import shown


def certificate_shown(tls: TlsSession | None, table: RoutingTable) -> str:
    """The name that a connection was opened for, and what was shown for it."""
    name = None if tls is None else tls.server_name
    certificate = None if name is None else table.certificate_of(name)
    which = "one of the gateway's own" if certificate is None else f"that of {certificate.id.replace('/', ' ', 1)}"
    return f"{'no name' if name is None else shown(name)} (SNI), for which {which} is shown"
