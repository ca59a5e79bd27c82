"""The certificates that an Ingress names in `tls`, shown for those of its hosts that its namespace owns.

Without a `secretName` the gateway's own certificates count.
"""

from __future__ import annotations

from typing import NamedTuple

from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.ingress import Ingress
from postern_core.snapshot_certificates import Certificate

from .host_certificates import HostCertificates, link_certificate
from .hosts import EVERY_HOST
from .references import Missing
from .resource_index import ResourceIndex


class ShownCertificate(NamedTuple):
    """A certificate, and the field of the Ingress that names it."""

    ingress: Ref
    field: str
    certificate: Certificate


class IngressCertificates(NamedTuple):
    """The certificates of one Ingress, in so many bytes of the snapshot, and what is wrong with those that it names."""

    shown: tuple[ShownCertificate, ...] = ()
    problems: tuple[Problem, ...] = ()
    size_bytes: int = 0


NO_CERTIFICATES = IngressCertificates()


def link_ingress_certificates(
    parsed: Parsed, owned: tuple[str, ...], resources: ResourceIndex, all_found: HostCertificates
) -> IngressCertificates:
    """Resolve what an Ingress names in `tls`, and add it to all certificates of the gateway; `owned` are its hosts."""
    if not is_a(parsed, Ingress) or not parsed.resource.spec.tls or not owned:
        return NO_CERTIFICATES
    ref, size_bytes = parsed.ref, 0
    shown: list[ShownCertificate] = []
    problems: list[Problem] = []
    for index, tls in enumerate(parsed.resource.spec.tls):
        if not tls.secret_name:
            continue
        at, secret = f"spec.tls[{index}].secretName", Ref("Secret", ref.namespace, tls.secret_name)
        hosts = owned if not tls.hosts else tuple(host for host in tls.hosts if _is_of(host, owned))
        if not hosts:
            message = f"none of the hosts of {secret} is one of a rule that is served; name those of a rule"
            problems.append(Problem(ref, Reason.WARNING, f"spec.tls[{index}].hosts", message, (secret,)))
            continue
        found = link_certificate(resources, secret, hosts)
        if isinstance(found, Missing):
            problems.append(Problem(ref, found.reason, at, found.message, (secret,)))
            continue
        size = all_found.add(found)
        if isinstance(size, Missing):
            problems.append(Problem(ref, size.reason, at, size.message, (secret,)))
            continue
        shown.append(ShownCertificate(ref, at, found))
        size_bytes += size
    return IngressCertificates(tuple(shown), tuple(problems), size_bytes)


def _is_of(host: str, owned: tuple[str, ...]) -> bool:
    """Whether a host is one of these, or stands for one label below one of their wildcards."""
    return host in owned or f"*.{host.partition('.')[2]}" in owned or EVERY_HOST in owned
