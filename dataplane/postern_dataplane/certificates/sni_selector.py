"""Which certificate a client is shown: by the name that it asks for (SNI), an exact one before a wildcard.

A value, made anew when a certificate has changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .certificate import Certificate

# The folder whose certificate answers a client that names no host, or one that no certificate has.
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class NameConflict:
    """A name that two certificates have; the first one serves it."""

    name: str
    served: str
    passed_over: str


class SniSelector:
    """The certificates by name."""

    __slots__ = ("_by_name", "_default", "certificates", "conflicts")

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self.certificates = tuple(sorted(certificates, key=lambda one: (one.folder != DEFAULT, one.folder)))
        self._default = self.certificates[0] if self.certificates else None
        self._by_name: dict[str, Certificate] = {}
        conflicts = []
        # What lasts longest comes first: a name moves to its new certificate, and never back to one that ends.
        for certificate in sorted(self.certificates, key=lambda one: (-one.ends_at, one.folder)):
            for name in dict.fromkeys(certificate.names):
                served = self._by_name.setdefault(name, certificate)
                if served is not certificate:
                    conflicts.append(NameConflict(name, served.folder, certificate.folder))
        self.conflicts = tuple(conflicts)

    def of(self, server_name: str | None) -> Certificate | None:
        """The certificate for a name, None where there is none at all."""
        if not server_name:
            return self._default
        name = server_name.lower()
        found = self._by_name.get(name)
        if found is None:
            # RFC 9525, section 6.3: the wildcard is the whole left-most label, and stands for one.
            first, _, rest = name.partition(".")
            found = self._by_name.get(f"*.{rest}") if first else None
        return found or self._default
