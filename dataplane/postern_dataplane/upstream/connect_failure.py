"""What failed when no connection to an upstream could be made, in the words of the log, the metrics and `explain`."""

from __future__ import annotations

import ssl

from .dial_policy import AddressRefused

ADDRESS_REFUSED = "address_refused"
CONNECT_FAILED, CONNECT_TIMEOUT = "connect_failed", "connect_timeout"
CERTIFICATE_DATE, CERTIFICATE_NAME = "certificate_date", "certificate_name"
CERTIFICATE_UNTRUSTED, TLS_FAILED = "certificate_untrusted", "tls_failed"

# x509_vfy.h of OpenSSL: X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH.
_KINDS = {9: CERTIFICATE_DATE, 10: CERTIFICATE_DATE, 62: CERTIFICATE_NAME, 64: CERTIFICATE_NAME}


def connect_failure(error: OSError) -> str:
    """The kind of a failure, which is one of a few words; time-outs and failures of TLS are OSErrors too."""
    if isinstance(error, AddressRefused):
        return ADDRESS_REFUSED
    if isinstance(error, ssl.SSLCertVerificationError):
        # What else can be wrong with a certificate concerns those who signed it.
        return _KINDS.get(error.verify_code, CERTIFICATE_UNTRUSTED)
    if isinstance(error, ssl.SSLError):
        return TLS_FAILED
    return CONNECT_TIMEOUT if isinstance(error, TimeoutError) else CONNECT_FAILED


def tls_failure(error: OSError) -> str:
    """What OpenSSL says of a failure of TLS, "" for any other; a certificate is public, and nothing else is in it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "reason", None) or "no handshake").lower().replace("_", " ")
    return ""
