"""Certificates that are shown, and that will yet not be taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from postern_core.link.host_certificates import covered
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.host_tls import certificate_holders
from postern_core.resources.service import Service
from postern_core.snapshot_certificates import Certificate

from .linked import Linked


def certificate_has_ended(linked: Linked) -> Iterator[Problem]:
    for parsed in linked.resources.valid_of(Service):
        service = linked.services.linked.get(parsed.ref)
        shown = {it.id: it for it in service.certificates.found} if service else {}
        for index, secret in enumerate(certificate_holders(parsed.ref, parsed.resource.spec.tls or None)):
            yield from _ended(parsed.ref, f"spec.tls.certificateRefs[{index}]", shown.get(secret.id), linked.now_s)
    for ref, at, _, backend in linked.upstreams:
        yield from _ended(ref, f"{at}.tls.clientCertificateRef", backend.client_certificate, linked.now_s)
    for ingress, at, certificate in linked.ingresses.certificates:
        yield from _ended(ingress, at, certificate, linked.now_s)


def _ended(ref: Ref, at: str, certificate: Certificate | None, now_s: float) -> Iterator[Problem]:
    if certificate is not None and certificate.not_after <= now_s:
        secret = Ref(*certificate.id.split("/", 2))
        day = datetime.fromtimestamp(certificate.not_after, UTC).strftime("%Y-%m-%d %H:%M UTC")
        message = f"the certificate of {secret} has ended on {day}, so it is refused where it is shown; renew it"
        yield Problem(ref, Reason.WARNING, at, message, (secret,))


def host_has_no_certificate(linked: Linked) -> Iterator[Problem]:
    """The first such host of each Service whose certificates can all be used."""
    for parsed in linked.resources.valid_of(Service):
        service, tls = linked.services.linked.get(parsed.ref), parsed.resource.spec.tls
        if service is None or not tls or len(service.certificates.found) < len(tls.certificate_refs):
            continue
        names = {name for certificate in service.certificates.found for name in certificate.names}
        for host in service.hosts:
            if not covered((host,), names):
                message = (
                    f"no certificate of certificateRefs covers {host}, so clients are shown one of the gateway's own "
                    "for it; have one issued"
                )
                holders = tuple(certificate_holders(parsed.ref, tls))
                yield Problem(parsed.ref, Reason.WARNING, "spec.tls.certificateRefs", message, holders)
                break


CERTIFICATE_LINTS = (certificate_has_ended, host_has_no_certificate)
