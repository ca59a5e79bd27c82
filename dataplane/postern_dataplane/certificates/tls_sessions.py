"""What a handshake has found out of a client: the name that it asked for, and by which certificate it called.

Which certificate it was goes upstream in `X-Forwarded-Client-Cert`, in Envoy's form: its SHA-256 (`Hash`), its subject,
and the URIs and names of its subjectAltName.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from urllib.parse import quote

from cryptography import x509

from postern_dataplane.request.tls_session import TlsSession

from .tls_context import AskedFor

# It is sent with each request, and remembered with those that come again.
FIELD_BYTES_MAX = 1024
# What may stand in an element as it is: all that is printable, but what separates and quotes.
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in ',;="\\%')
_IN_QUOTES = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


def session_of(connection: ssl.SSLObject | None) -> TlsSession:
    """The session of a connection whose handshake is done."""
    if connection is None:
        return TlsSession()
    name = connection.server_name if isinstance(connection, AskedFor) else None
    der = connection.getpeercert(binary_form=True) if connection.context.verify_mode is not ssl.CERT_NONE else None
    return TlsSession(name, b"" if not der else forwarded_certificate(der))


def forwarded_certificate(der: bytes) -> bytes:
    """The value of the field for a certificate that was verified; what no longer fits is left out."""
    value = f"Hash={hashlib.sha256(der).hexdigest()}"
    for element in _elements(der):
        if len(value) + 1 + len(element) <= FIELD_BYTES_MAX:
            value += f";{element}"
    return value.encode("ascii")


def _elements(der: bytes) -> Iterator[str]:
    try:
        certificate = x509.load_der_x509_certificate(der)
        # RFC 4514 escapes what would end the quotes.
        yield f'Subject="{quote(certificate.subject.rfc4514_string(), safe=_IN_QUOTES)}"'
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        for uri in names.get_values_for_type(x509.UniformResourceIdentifier):
            yield f"URI={quote(uri, safe=_PLAIN)}"
        for name in names.get_values_for_type(x509.DNSName):
            yield f"DNS={quote(name, safe=_PLAIN)}"
    except Exception:  # noqa: BLE001 # what cryptography raises has no common base
        return  # OpenSSL reads more than this library does; the hash is enough to know it by
