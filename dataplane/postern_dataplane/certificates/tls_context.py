"""How the gateway speaks TLS to clients: versions, ciphers and what is left out, the same for every certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from .client_validation import ClientValidation

MakeContext = Callable[[], ssl.SSLContext]

# TLS 1.2: a key exchange that keeps old traffic secret when the key gets out, and ciphers that authenticate what they
# encrypt (RFC 9325, section 4.2). TLS 1.3 has no others.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class AskedFor(ssl.SSLObject):
    """A connection that notes the name for which its client has opened it (SNI), in lower case."""

    server_name: str | None = None


def server_context(min_version: str, client_validation: ClientValidation | None = None) -> ssl.SSLContext:
    """A context without a certificate; `min_version` is one of `VERSIONS`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[min_version]
    context.set_ciphers(CIPHERS)
    # Compression gives secrets away by the size of what is sent, and a client could renegotiate without end.
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    if client_validation is not None:
        client_validation.apply_to(context)
    return context
