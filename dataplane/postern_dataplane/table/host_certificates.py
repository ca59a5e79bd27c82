"""Which certificate of the snapshot is shown for a name: one of the namespace to which the name's host belongs."""

from __future__ import annotations

from collections.abc import Iterable

from postern_core.snapshot_certificates import Certificate


class HostCertificates:
    """The certificates by name and namespace; a value, made anew when one has changed."""

    __slots__ = ("_by_name", "_names", "by_id")

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self.by_id = {it.id: it for it in certificates}
        self._by_name: dict[str, dict[str, Certificate]] = {}
        # Of those that were asked about: one may have ten thousand names, and each request may ask.
        self._names: dict[str, frozenset[str]] = {}
        # What lasts longest comes first: a name moves to its new certificate, and never back to one that ends.
        for certificate in sorted(self.by_id.values(), key=lambda it: (-it.not_after, it.id)):
            for name in certificate.names:
                self._by_name.setdefault(name, {}).setdefault(certificate.namespace, certificate)

    def find(self, name: str, owner: str | None) -> Certificate | None:
        """The certificate for a name in lower case whose host is of this namespace, None where no host is known."""
        for spelling in _spellings(name):
            found = self._by_name.get(spelling)
            if found:
                certificate = found.get(owner) if owner is not None else min(found.values(), key=lambda it: it.id)
                if certificate is not None:
                    return certificate
        return None

    def covers(self, certificate: Certificate, name: str) -> bool:
        """Whether one of them may be shown for a name, as far as its names say."""
        names = self._names.get(certificate.id)
        if names is None:
            names = self._names[certificate.id] = frozenset(certificate.names)
        return any(spelling in names for spelling in _spellings(name))


NO_CERTIFICATES = HostCertificates(())


def _spellings(name: str) -> tuple[str, ...]:
    """How a certificate may have a name, exact first; a wildcard stands for one label (RFC 9525, section 6.3)."""
    first, _, rest = name.partition(".")
    return (name, f"*.{rest}") if first else (name,)
