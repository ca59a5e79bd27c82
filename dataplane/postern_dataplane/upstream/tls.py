"""How upstream certificates are verified, and by which certificate of their own upstreams are called."""

from __future__ import annotations

import ssl
from functools import lru_cache

from postern_core.snapshot_certificates import Certificate
from postern_core.snapshot_upstream_tls import UpstreamTLS
from postern_kit.key_pair import KeyPairError, load_key_pair


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


def context_with_certificate(tls: UpstreamTLS, certificate: Certificate) -> ssl.SSLContext:
    """A context of its own that shows a certificate, so that its key is forgotten with it; raises ssl.SSLError."""
    context = client_context.__wrapped__(tls)
    try:
        load_key_pair(context, certificate.chain_pem.encode(), certificate.key_pem.encode())
    except KeyPairError as error:
        raise ssl.SSLError(0, str(error)) from None
    return context
