"""`Service`: an application behind the gateway."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from .jwt_policy import Auth
from .types import Address, Duration, Host, Label, Metadata, Name, Port, Spec, Text


class ServiceEndpoint(Spec, frozen=True):
    """One address of the upstream with its share of the requests."""

    address: Address
    port: Port
    weight: Annotated[int, Meta(ge=0, le=1_000_000, description="The share; 0 sends nothing here.")] = 1


class KubernetesServiceRef(Spec, frozen=True):
    """Kubernetes' own Service in this namespace: its ready endpoints."""

    name: Name
    port: Port


class CertificateRef(Spec, frozen=True):
    """Where CA certificates (PEM) are kept, in this namespace."""

    name: Name
    kind: Literal["ConfigMap", "Secret"] = "ConfigMap"
    key: Annotated[Text, Meta(description="The entry that holds the certificates.")] = "ca.crt"


class ServiceTLS(Spec, frozen=True):
    """How the upstream's certificate is verified."""

    ca_certificate_ref: (
        Annotated[CertificateRef, Meta(description="The CAs to trust instead of the system's.")] | None
    ) = None
    server_name: (
        Annotated[Host, Meta(description="The name to ask for (SNI) and to find in the certificate.")] | None
    ) = None
    insecure_skip_verify: Annotated[bool, Meta(description="Take any certificate. For experiments only.")] = False


class Timeouts(Spec, frozen=True):
    """How long the gateway waits for the upstream."""

    connect: Annotated[Duration, Meta(description="For a connection, TLS included.")] = "5s"
    request: Annotated[Duration, Meta(description="From the request sent to the head of the response.")] = "60s"
    idle: Annotated[Duration, Meta(description="The longest silence while bodies or tunnels flow.")] = "60s"


class Retries(Spec, frozen=True):
    """When a failed attempt is made again.

    Only where the connection failed before a byte was sent, or for an idempotent method without a body.
    """

    attempts: Annotated[int, Meta(ge=0, le=5, description="How many more attempts.")] = 1


class ServiceUpstream(Spec, frozen=True):
    """The application itself: exactly one of url, service and endpoints."""

    url: Annotated[str, Meta(max_length=2048, description="Absolute, http or https.")] | None = None
    service: KubernetesServiceRef | None = None
    endpoints: Annotated[tuple[ServiceEndpoint, ...], Meta(min_length=1, max_length=256)] | None = None
    host_header: (
        Annotated[
            Literal["Upstream", "Client"],
            Meta(description="Whose Host the upstream sees; default Upstream for url, Client for the others."),
        ]
        | None
    ) = None
    tls: ServiceTLS | None = None
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()


class ServiceSpec(Spec, frozen=True):
    """An application behind the gateway."""

    upstream: ServiceUpstream
    gateways: Annotated[
        tuple[Label, ...], Meta(min_length=1, max_length=16, description="The gateways that serve it.")
    ] = ("default",)
    hosts: Annotated[
        tuple[Host, ...],
        Meta(max_length=64, description="Host names, exact or *.example.com (one label or more); none = every host."),
    ] = ()
    path_prefix: Annotated[
        str, Meta(max_length=1024, description="Whole segments: /v1 takes /v1 and /v1/x, never /v1x.")
    ] = "/"
    strip_path_prefix: Annotated[bool, Meta(description="Take the prefix off before the request goes upstream.")] = True
    encoded_slashes: Annotated[
        Literal["Reject", "Keep"], Meta(description="What to do with %2F, %5C and \\ in a path: refuse (400) or keep.")
    ] = "Reject"
    auth: (
        Annotated[Auth, Meta(description="Protects every route of this service that has no auth of its own.")]
        | UnsetType
    ) = UNSET


class Service(msgspec.Struct, frozen=True, gc=False):
    """A Service as it came."""

    metadata: Metadata
    spec: ServiceSpec
