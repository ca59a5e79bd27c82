"""The objects of Kubernetes that ours refer to.

Only the fields that matter are read, and unknown ones are no mistake here: the
API server has already checked these objects, and they are not ours.
"""

from __future__ import annotations

import msgspec

from .types import Metadata, Resource

SERVICE_NAME_LABEL = "kubernetes.io/service-name"

OPAQUE = "Opaque"
# What holds a certificate and its key, in `tls.crt` and `tls.key`.
TYPE_FOR_TLS = "kubernetes.io/tls"
# What marks a Secret as one that holds keys of tokens: its type, or the label on an Opaque one.
TYPE_FOR_KEYS = "postern.dev/jwt-key"
USE_LABEL = "postern.dev/use"
USE_FOR_KEYS = "jwt-key"
# The same label on a Secret of type kubernetes.io/tls: upstreams may be called by its certificate.
USE_FOR_CLIENTS = "client-certificate"
# On a Namespace: Opaque Secrets without a mark hold keys there, as they all did once.
UNMARKED_SECRETS_LABEL = "postern.dev/unmarked-secrets"
UNMARKED_SECRETS_ALLOWED = "allowed"


class Theirs(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A part of an object that is not ours."""


class TheirResource(Resource, frozen=True, rename="camel", gc=False):
    """An object that is not ours."""


class OwnerReference(Theirs, frozen=True):
    """One of the objects without which this one is not kept; `uid` is "" in local mode, where none has any."""

    api_version: str
    kind: str
    name: str
    uid: str = ""


class OwnedMetadata(Metadata, frozen=True, gc=False):
    """The metadata of an object that may have been made for another."""

    owner_references: tuple[OwnerReference, ...] | None = None


class Secret(TheirResource, frozen=True):
    """core/v1 Secret; `string_data` exists in manifests only."""

    metadata: OwnedMetadata
    type: str = OPAQUE
    data: dict[str, str] | None = None
    string_data: dict[str, str] | None = None


class ConfigMap(TheirResource, frozen=True):
    """core/v1 ConfigMap."""

    data: dict[str, str] | None = None
    binary_data: dict[str, str] | None = None


class KubernetesServicePort(Theirs, frozen=True):
    """One port of a Service; `name` ties it to the slices' ports."""

    port: int
    name: str | None = None
    protocol: str = "TCP"


class KubernetesServiceSpec(Theirs, frozen=True):
    """What of a Service's spec matters."""

    ports: tuple[KubernetesServicePort, ...] | None = None
    type: str = "ClusterIP"
    external_name: str = ""
    ip_families: tuple[str, ...] | None = None


class KubernetesService(TheirResource, frozen=True):
    """core/v1 Service."""

    spec: KubernetesServiceSpec = KubernetesServiceSpec()


class SlicePort(Theirs, frozen=True):
    """One port of all endpoints in a slice."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None


class SliceConditions(Theirs, frozen=True):
    """discovery.k8s.io/v1: an unset `ready` should be read as ready, and an unset `serving` as `ready`."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class TargetReference(Theirs, frozen=True):
    """The object behind an endpoint."""

    kind: str = ""
    name: str = ""
    uid: str = ""


class SliceEndpoint(Theirs, frozen=True):
    """One pod, or what stands for one."""

    addresses: tuple[str, ...] = ()
    conditions: SliceConditions | None = None
    target_ref: TargetReference | None = None


class EndpointSlice(TheirResource, frozen=True):
    """discovery.k8s.io/v1 EndpointSlice; its label names the Service it belongs to."""

    address_type: str = "IPv4"
    endpoints: tuple[SliceEndpoint, ...] | None = None
    ports: tuple[SlicePort, ...] | None = None


class Namespace(TheirResource, frozen=True):
    """core/v1 Namespace, which matters by being there, and by one label."""
