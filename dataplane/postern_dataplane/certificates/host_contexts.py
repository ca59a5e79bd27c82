"""The certificates of the snapshot, ready to be shown: each gets its context when a client first asks for its name.

With ten thousand of them a table comes into force as soon as without, and only those in use take memory.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping

from postern_core.snapshot_certificates import Certificate
from postern_kit.key_pair import KeyPairError, load_key_pair
from postern_kit.logs import log

from .tls_context import MakeContext

# Of those used last. Measured: one takes 23 KB, and a millisecond to make.
CONTEXTS_MAX = 1024

FindCertificate = Callable[[str], Certificate | None]


class HostContexts:
    """The contexts of the certificates that were shown lately."""

    def __init__(self, make_context: MakeContext) -> None:
        self._make_context = make_context
        self._find: FindCertificate = lambda _name: None
        # By the certificate's id, the one used last at the end; with the very entry that it was made of.
        self._made: dict[str, tuple[Certificate, ssl.SSLContext | None]] = {}

    def follow(self, find: FindCertificate, known: Mapping[str, Certificate]) -> None:
        """Take up another table; what it has no more, or has anew, is forgotten with its key."""
        self._find = find
        self._made = {id_: made for id_, made in self._made.items() if known.get(id_) is made[0]}

    def forget(self) -> None:
        """Make every context anew when it is next asked for."""
        self._made.clear()

    def of(self, server_name: str) -> ssl.SSLContext | None:
        """The context for a name in lower case, None where the snapshot has no certificate for it."""
        certificate = self._find(server_name)
        return None if certificate is None else self._context(certificate)

    def _context(self, certificate: Certificate) -> ssl.SSLContext | None:
        made = self._made.pop(certificate.id, None)
        if made is None or made[0] is not certificate:
            made = (certificate, self._make(certificate))
        self._made[certificate.id] = made
        if len(self._made) > CONTEXTS_MAX:
            del self._made[next(iter(self._made))]
        return made[1]

    def _make(self, certificate: Certificate) -> ssl.SSLContext | None:
        context = self._make_context()
        try:
            load_key_pair(context, certificate.chain_pem.encode(), certificate.key_pem.encode())
        except (KeyPairError, OSError) as error:
            # It was tried before it was published; said once, and the folder's own are shown.
            why = str(error) if isinstance(error, KeyPairError) else type(error).__name__
            log.error("certificate refused", certificate=certificate.id, error=why)
            return None
        return context
