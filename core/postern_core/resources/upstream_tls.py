"""`tls` of a Service's `upstream`: how its certificate is verified, and by which one the gateway calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from postern_core.ref import Ref

from .rules import Rule
from .types import Host, Name, Spec, Text


class CertificateRef(Spec, frozen=True):
    """Where CA certificates are kept: an entry of a ConfigMap or Secret in this namespace."""

    name: Annotated[Name, Meta(description="The name of the ConfigMap or Secret.")]
    kind: Annotated[
        Literal["ConfigMap", "Secret"], Meta(description="The kind of the object that holds them. Default: ConfigMap.")
    ] = "ConfigMap"
    key: Annotated[
        Text, Meta(description="The entry that holds the certificates, one or more in PEM. Default: ca.crt.")
    ] = "ca.crt"


class ClientCertificateRef(Spec, frozen=True):
    """A Secret of type kubernetes.io/tls in this namespace with the label postern.dev/use=client-certificate.

    The label is its owner's word that Services may call by this identity.
    """

    name: Annotated[Name, Meta(description="The name of the Secret, which holds tls.crt and tls.key.")]


class ServiceTLS(Spec, frozen=True):
    """How the upstream's certificate is verified, and what it is shown. Where it doesn't verify, no request is sent."""

    RULES = (
        Rule(
            "tls_contradicts_itself",
            "!has(self.insecureSkipVerify) || !self.insecureSkipVerify || !has(self.caCertificateRef)",
            "insecureSkipVerify and caCertificateRef exclude each other; remove one",
        ),
        Rule(
            "tls_contradicts_itself",
            "!has(self.serverName) || !self.serverName.startsWith('*')",
            "must be one name, not a wildcard",
            ".serverName",
        ),
    )

    ca_certificate_ref: (
        Annotated[
            CertificateRef,
            Meta(description="The CAs to trust, in place of the system's. Default: none, the system's are trusted."),
        ]
        | None
    ) = None
    server_name: (
        Annotated[
            Host,
            Meta(
                description="The name that is asked for (SNI) and that the certificate must have; not a wildcard. "
                "With several endpoints it is required. Example: httpbin.org. "
                "Default: the host of url, or the name by which the upstream is reached."
            ),
        ]
        | None
    ) = None
    client_certificate_ref: (
        Annotated[
            ClientCertificateRef,
            Meta(
                description="The certificate by which the gateway says to the application who it is, where that asks "
                "for one. Default: none, and the gateway has none to show."
            ),
        ]
        | None
    ) = None
    insecure_skip_verify: Annotated[
        bool,
        Meta(
            description="Take any certificate. A machine between the gateway and the application can then read "
            "and change everything; it SHOULD NOT be set but for experiments. Default: false."
        ),
    ] = False


def certificate_holder(tls: ServiceTLS | None, namespace: str) -> Ref | None:
    """The Secret or ConfigMap that holds the CAs of an upstream, None where the system's are trusted."""
    reference = tls and tls.ca_certificate_ref
    return Ref(reference.kind, namespace, reference.name) if reference else None


def client_certificate_holder(tls: ServiceTLS | None, namespace: str) -> Ref | None:
    """The Secret that holds the certificate that an upstream is shown, None where it is shown none."""
    reference = tls and tls.client_certificate_ref
    return Ref("Secret", namespace, reference.name) if reference else None


def tls_references(tls: ServiceTLS | None, namespace: str) -> Iterator[Ref]:
    """All objects that hold certificates of an upstream, whether they exist or not."""
    for holder in (certificate_holder(tls, namespace), client_certificate_holder(tls, namespace)):
        if holder is not None:
            yield holder
