"""The part of a snapshot that says how TLS is spoken to an upstream."""

from __future__ import annotations

from .snapshot_entry import Entry


class UpstreamTLS(Entry, frozen=True):
    """How the upstream's certificate is verified; `ca_pem` None is the system's CAs.

    `client_certificate` is the id of the Certificate that it is shown, None for none.
    """

    server_name: str
    ca_pem: str | None = None
    insecure_skip_verify: bool = False
    client_certificate: str | None = None
