"""Certificates of clients: which CAs may have signed them, read from a file, and whether a client needs one.

A file that can't be used leaves the last good CAs in force.  Without any no certificate of a client is taken, so that
one that is required keeps everyone out.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from postern_kit.file_stamp import FileStamp, stamp_of
from postern_kit.logs import log
from postern_kit.regular_file import read_regular


class ClientValidation:
    """The CAs of one file, and whether a client without a certificate is refused."""

    def __init__(self, ca_file: Path, *, is_required: bool) -> None:
        self._ca_file = ca_file
        self._mode = ssl.CERT_REQUIRED if is_required else ssl.CERT_OPTIONAL
        self._stamp: FileStamp | None = None
        self._has_looked = False
        self._pem = ""

    def apply_to(self, context: ssl.SSLContext) -> None:
        """Have a context ask clients for certificates of the CAs in force, at each handshake."""
        context.verify_mode = self._mode
        # A session that is resumed is not verified again: its certificate may have ended meanwhile.
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        if self._pem:
            context.load_verify_locations(cadata=self._pem)

    def refresh(self) -> bool:
        """Look at the file; returns whether other CAs are in force than at the last look."""
        stamp = stamp_of(self._ca_file)
        if self._has_looked and stamp == self._stamp:
            return False
        self._stamp, self._has_looked = stamp, True
        pem, wrong = self._read()
        if wrong:
            log.error(
                "CAs of clients refused", file=str(self._ca_file), error=wrong, the_last_ones_serve=bool(self._pem)
            )
            return False
        is_changed, self._pem = pem != self._pem, pem
        if is_changed:
            log.info("CAs of clients loaded", file=str(self._ca_file))
        return is_changed

    def _read(self) -> tuple[str, str]:
        """The CAs in PEM, and what is wrong with them, "" for nothing."""
        try:
            pem = read_regular(self._ca_file).decode("ascii", "replace")
        except OSError as error:
            return "", f"it can't be read: {error.strerror}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError):
            return "", "it holds no CA certificate in PEM form"
        return (pem, "") if context.cert_store_stats()["x509_ca"] else ("", "it holds no certificate of a CA")
