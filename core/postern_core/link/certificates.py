"""CA certificates that an object holds: what is trusted where something is fetched from, or sent to."""

from __future__ import annotations

import re

from postern_core.parse import Parsed
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_core.validators import Validators

from .references import Missing, value_of
from .sizes import CERTIFICATES_BYTES_MAX

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


def certificates_of(holder: Ref, holding: Parsed | None, entry: str, inspectors: Validators) -> str | Missing:
    """The certificates of an entry of a ConfigMap or Secret in PEM, and nothing else of it."""
    value = value_of(holder, holding, entry)
    if isinstance(value, Missing):
        return _no_certificate(holder, entry) if holder.kind == "Secret" else value
    # What is published is readable by more than the Secret was: never a private key that stands beside a certificate.
    text = "".join(f"{block}\n" for block in CERTIFICATE.findall(value.decode("ascii", "replace")))
    if len(text) > CERTIFICATES_BYTES_MAX:
        message = f"holds more than {CERTIFICATES_BYTES_MAX:,} bytes; keep the CAs that sign the upstream's certificate"
        return Missing(Reason.INVALID_KEY_MATERIAL, f"{holder}, entry {entry!r}: {message}")
    wrong = inspectors.certificates_error(text)
    if wrong:
        if holder.kind == "Secret":
            return _no_certificate(holder, entry)
        return Missing(Reason.INVALID_KEY_MATERIAL, f"{holder}, entry {entry!r}: {wrong}")
    return text


def _no_certificate(secret: Ref, entry: str) -> Missing:
    """The one message for every Secret without the certificate, which discloses nothing else about it."""
    message = f"there is no {secret} with a CA certificate in PEM in entry {entry!r}; create one, or use a ConfigMap"
    return Missing(Reason.SECRET_NOT_FOUND, message)
