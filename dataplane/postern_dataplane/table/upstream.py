"""A backend with the addresses that it has now, and the certificate by which it is called."""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.snapshot import Backend, Endpoint, Endpoints
from postern_core.snapshot_certificates import Certificate

from .diff import SectionDiff, SnapshotDiff, derive, ordered_ids


@dataclass(frozen=True, slots=True)
class Upstream:
    """A backend with the addresses it has now, and the certificate that it is shown, None for none.

    Two equal values mean the same application reached the same way: pools of connections compare by value.
    """

    backend: Backend
    endpoints: tuple[Endpoint, ...]
    client_certificate: Certificate | None = None

    @property
    def id(self) -> str:
        return self.backend.id


def upstreams(before: dict[str, Upstream], diff: SnapshotDiff) -> SectionDiff[Upstream]:
    """The upstreams of a table, anew where the backend, its addresses or its client certificate has changed."""
    backends, endpoints, certificates = diff.backends, diff.endpoints, diff.certificates

    def make(id_: str) -> Upstream | None:
        backend = backends.now.get(id_)
        return _upstream(backend, endpoints.now.get(id_), certificates.now) if backend else None

    changed = ordered_ids(backends.changed, endpoints.changed)
    if certificates.changed:
        renewed = (it.id for it in backends.now.values() if _client_certificate_of(it) in certificates.changed)
        changed = ordered_ids(changed, renewed)
    return derive(before, changed, make)


def _upstream(backend: Backend, addresses: Endpoints | None, certificates: dict[str, Certificate]) -> Upstream:
    """An upstream; without the certificate by which it is to be called it is not called at all."""
    name = _client_certificate_of(backend)
    certificate = None if name is None else certificates.get(name)
    is_usable = addresses is not None and (name is None or certificate is not None)
    return Upstream(backend, addresses.endpoints if addresses and is_usable else (), certificate)


def _client_certificate_of(backend: Backend) -> str | None:
    return None if backend.tls is None else backend.tls.client_certificate
