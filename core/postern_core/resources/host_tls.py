"""The `tls` block of a Service: what clients that come with TLS are shown for its hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from postern_core.ref import Ref

from .auth import NULLABLE
from .types import Name, Spec


class CertificateSecretRef(Spec, frozen=True):
    """A Secret of type kubernetes.io/tls in this namespace, as cert-manager writes it for a Certificate."""

    name: Annotated[Name, Meta(description="The name of the Secret, which holds tls.crt and tls.key.")]


class HostTLS(Spec, frozen=True):
    """The certificates for the hosts of a Service, on listeners with TLS."""

    certificate_refs: Annotated[
        tuple[CertificateSecretRef, ...],
        Meta(
            min_length=1,
            max_length=16,
            description="The Secrets that hold the certificates, each a chain in PEM with the server's own first "
            "(tls.crt) and its key without a passphrase (tls.key). Each is shown for those of this Service's hosts "
            "that it covers, whatever certificates the gateway has of its own; a new one counts within a second. "
            "A wildcard of a certificate is one label. Of two that have one name the one that ends last is shown. "
            "Example: [{name: shop-tls}].",
            extra_json_schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        ),
    ]


ServiceTLSField = Annotated[
    HostTLS,
    Meta(
        description="The certificates that clients which come with TLS are shown for the hosts of this Service. "
        "Default: none, and then they are shown one of the gateway's own.",
        extra_json_schema=NULLABLE,
    ),
]


def certificate_holders(ref: Ref, tls: HostTLS | None) -> Iterator[Ref]:
    """The Secrets that hold the certificates of an object, whether they exist or not."""
    for it in tls.certificate_refs if tls else ():
        yield Ref("Secret", ref.namespace, it.name)
