"""What a client has said of itself when its connection was opened with TLS."""

from __future__ import annotations

import msgspec


class TlsSession(msgspec.Struct, frozen=True, gc=False):
    """What holds for all requests of a connection over TLS.

    `server_name` is the host in lower case for which it was opened (SNI), None where the client named none.
    `client_certificate` says which certificate of the client was verified, as the field for it has it, b"" for none.
    """

    server_name: str | None = None
    client_certificate: bytes = b""

    @property
    def way(self) -> str:
        """A text that differs between two sessions whose requests may be answered differently."""
        # A client chooses its name with spaces and all, and much of its certificate, but not the hash that is in front.
        return f"{self.client_certificate.decode('latin-1')} {self.server_name or ''}"
