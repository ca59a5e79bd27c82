"""Certificates of Secrets, resolved for the hosts that a namespace owns.

Rules of this file:
1. The type `kubernetes.io/tls` is how a Secret says that its key is meant for TLS; a Secret of any other type, and one
   that is not there, have one message.
2. A certificate is shown for what it covers of the hosts of its own namespace, and for nothing else.
3. What a message says of a certificate is what every client sees of it, and never which other names it has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import msgspec

from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.host_tls import HostTLS, certificate_holders
from postern_core.resources.kubernetes import TYPE_FOR_TLS, Secret
from postern_core.snapshot_certificates import Certificate
from postern_core.validators import CertificateFacts, UnusableCertificate, Validators

from .certificates import CERTIFICATE
from .hosts import EVERY_HOST
from .references import Missing, value_of
from .resource_index import ResourceIndex
from .sizes import CHAIN_BYTES_MAX, KEY_BYTES_MAX, NAMES_BYTES_MAX

CHAIN, KEY = "tls.crt", "tls.key"
# Possessive, and stopped by the next block: so that what has no end is read once.
PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(?:[A-Za-z0-9+/=\s:,]++|-(?!-))++-----END \1-----")
# RFC 1035, section 2.3.4, in text.
NAME_CHARS_MAX = 253


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate that fits its key, both in PEM and without anything that stood beside them."""

    chain_pem: str
    key_pem: str = field(repr=False)
    facts: CertificateFacts


def link_certificate(resources: ResourceIndex, secret: Ref, hosts: tuple[str, ...]) -> Certificate | Missing:
    """The certificate of a Secret for these hosts, which its namespace owns (`*` is every host), or why there is none.

    The reason and the message are for the object that names the Secret, with the Secret among the causes.
    """
    pair = key_pair(resources, secret)
    if isinstance(pair, Missing):
        return pair
    return resources.memo.get_or_compute(_shown_for, (secret, hosts), secret, pair, hosts)


def key_pair(resources: ResourceIndex, secret: Ref) -> KeyPair | Missing:
    """The pair that a Secret of type kubernetes.io/tls holds, or why it can't be had."""
    parsed = resources.objects.get(secret)
    return resources.memo.get_or_compute(_read, secret, secret, parsed, resources.inspectors)


def _read(secret: Ref, parsed: Parsed | None, inspectors: Validators) -> KeyPair | Missing:
    if not is_a(parsed, Secret) or parsed.resource.type != TYPE_FOR_TLS:
        message = f"there is no {secret} of type {TYPE_FOR_TLS}; create one, as cert-manager does for a Certificate"
        return Missing(Reason.SECRET_NOT_FOUND, message)
    chain, key = value_of(secret, parsed, CHAIN), value_of(secret, parsed, KEY)
    if isinstance(chain, Missing):
        return chain
    if isinstance(key, Missing):
        return key
    chain_pem = "".join(f"{block}\n" for block in CERTIFICATE.findall(chain.decode("ascii", "replace")))
    found = PRIVATE_KEY.search(key[: 2 * KEY_BYTES_MAX].decode("ascii", "replace"))
    key_pem = f"{found[0]}\n" if found else ""
    if len(chain_pem) > CHAIN_BYTES_MAX or len(key_pem) > KEY_BYTES_MAX:
        return _unusable(secret, f"is larger than clients take: {CHAIN} has {CHAIN_BYTES_MAX:,} bytes at the most")
    try:
        return KeyPair(chain_pem, key_pem, inspectors.read_certificate(chain_pem, key_pem))
    except UnusableCertificate as error:
        return _unusable(secret, str(error))


def _unusable(secret: Ref, why: str) -> Missing:
    return Missing(Reason.INVALID_CERTIFICATE, f"{secret}: {why}")


def _shown_for(secret: Ref, pair: KeyPair, hosts: tuple[str, ...]) -> Certificate | Missing:
    if not pair.facts.is_for_servers:
        return _unusable(secret, "its certificate is not for servers, by its extended key usage; have one issued")
    names = covered(hosts, pair.facts.names)
    if not names and hosts:
        message = f"the certificate of {secret} covers none of the hosts; have one issued for them"
        return Missing(Reason.CERTIFICATE_MISMATCH, message)
    return Certificate(
        id=secret.id,
        namespace=secret.namespace,
        names=names,
        chain_pem=pair.chain_pem,
        key_pem=pair.key_pem,
        not_after=pair.facts.not_after,
    )


def covered(hosts: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """What names of a certificate, whose wildcards are one label, cover of hosts, whose wildcards are one or more."""
    # Each name costs the square of its length, so one that is longer than any host is passed over at once.
    wanted, known = set(hosts), {name for name in names if len(name) <= NAME_CHARS_MAX}
    found = {host for host in wanted if host in known or _parent(host) in known}
    for name in known:
        rest = name.removeprefix("*.")
        above = {f"*.{rest}"} if rest != name else set[str]()
        while "." in rest:
            rest = rest.partition(".")[2]
            above.add(f"*.{rest}")
        if EVERY_HOST in wanted or not wanted.isdisjoint(above):
            found.add(name)
    return tuple(sorted(found - {EVERY_HOST}))


def _parent(host: str) -> str:
    """The wildcard of a certificate that covers an exact host, "" for a host that is a wildcard itself."""
    return "" if host.startswith("*") else f"*.{host.partition('.')[2]}"


@dataclass(slots=True)
class HostCertificates:
    """The certificates of one gateway, each with the names of all objects that name it.

    Those of one namespace have `share_bytes` at the most, those of objects beyond its share among them.
    """

    share_bytes: float = math.inf
    _found: dict[str, Certificate] = field(default_factory=dict)
    _names: dict[str, set[str]] = field(default_factory=dict)
    _name_bytes: dict[str, int] = field(default_factory=dict)
    _bytes: dict[str, int] = field(default_factory=dict)
    _called_by: set[str] = field(default_factory=set)

    def add(self, certificate: Certificate) -> int | Missing:
        """Add what an object has it shown for; returns the bytes that it takes more, or why there is no room."""
        id_, namespace = certificate.id, certificate.namespace
        names, name_bytes = self._names.setdefault(id_, set()), self._name_bytes.get(id_, 0)
        more = [name for name in certificate.names if name not in names]
        size = more_names = sum(map(len, more)) + 3 * len(more)
        if name_bytes + more_names > NAMES_BYTES_MAX:
            message = "is shown for more hosts than fit into one entry; have a second certificate issued"
            return Missing(Reason.TOO_LARGE, f"{Ref.of(id_)} {message}")
        if id_ not in self._found:
            size += len(certificate.chain_pem) + len(certificate.key_pem)
        total = self._bytes.get(namespace, 0) + size
        if total > self.share_bytes:
            message = f"the certificates of namespace {namespace} exceed its share of the gateway; delete unused ones"
            return Missing(Reason.SHARE_EXCEEDED, message)
        self._bytes[namespace], self._name_bytes[id_] = total, name_bytes + more_names
        names.update(more)
        self._found.setdefault(id_, certificate)
        return size

    def add_clients(self, of: Ref, certificates: Iterable[Certificate]) -> tuple[int, list[Problem]]:
        """Add those by which upstreams of an object are called; returns the bytes that they take more, and problems.

        An upstream whose certificate has no room is not called.
        """
        size_bytes, problems = 0, []
        for certificate in certificates:
            size = self.add(certificate)
            if isinstance(size, Missing):
                problems.append(Problem(of, size.reason, "spec", f"{size.message}; nothing is called"))
            else:
                self._called_by.add(certificate.id)
                size_bytes += size
        return size_bytes, problems

    @property
    def namespaces(self) -> set[str]:
        """Those whose hosts have any."""
        return {certificate.namespace for id_, certificate in self._found.items() if self._names[id_]}

    @property
    def entries(self) -> list[Certificate]:
        """What is published: each certificate that is shown for anything, or by which an upstream is called."""
        return [
            self._with_all_names(certificate, self._names[id_])
            for id_, certificate in self._found.items()
            if self._names[id_] or id_ in self._called_by
        ]

    def _with_all_names(self, certificate: Certificate, names: set[str]) -> Certificate:
        # Of one object alone, it is the entry of the compilation before, which need not be encoded again.
        if len(names) == len(certificate.names):
            return certificate
        return msgspec.structs.replace(certificate, names=tuple(sorted(names)))


@dataclass(frozen=True, slots=True)
class LinkedCertificates:
    """The certificates of one object, in so many bytes of the snapshot, and what is wrong with those that it names."""

    found: tuple[Certificate, ...] = ()
    problems: tuple[Problem, ...] = ()
    size_bytes: int = 0

    def with_clients(self, size_bytes: int) -> LinkedCertificates:
        """These, and more of so many bytes by which upstreams are called."""
        return replace(self, size_bytes=self.size_bytes + size_bytes)


NO_CERTIFICATES = LinkedCertificates()


def link_certificates(
    ref: Ref, tls: HostTLS | None, hosts: tuple[str, ...], resources: ResourceIndex, all_found: HostCertificates
) -> LinkedCertificates:
    """Resolve the certificates that an object names for its hosts, and add them to all those of the gateway."""
    found: list[Certificate] = []
    problems: list[Problem] = []
    size_bytes = 0
    for index, secret in enumerate(certificate_holders(ref, tls)):
        at = f"spec.tls.certificateRefs[{index}]"
        certificate = link_certificate(resources, secret, hosts)
        if isinstance(certificate, Missing):
            problems.append(Problem(ref, certificate.reason, at, certificate.message, (secret,)))
            continue
        size = all_found.add(certificate)
        if isinstance(size, Missing):
            problems.append(Problem(ref, size.reason, at, size.message, (secret,)))
            continue
        found.append(certificate)
        size_bytes += size
    return LinkedCertificates(tuple(found), tuple(problems), size_bytes)
