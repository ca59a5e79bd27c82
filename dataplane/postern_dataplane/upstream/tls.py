"""How upstream certificates are verified."""

from __future__ import annotations

import ssl
from functools import lru_cache

from postern_core.snapshot import UpstreamTLS


@lru_cache(maxsize=256)
def client_context(tls: UpstreamTLS) -> ssl.SSLContext:
    """The context for connections to an upstream; reads the system's CAs, so not for the event loop's thread.

    Raises ssl.SSLError for certificates that can't be read.
    """
    context = ssl.create_default_context(cadata=tls.ca_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if tls.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
