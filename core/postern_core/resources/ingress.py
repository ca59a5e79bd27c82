"""`Ingress` and `IngressClass` of Kubernetes (networking.k8s.io/v1), which are a front end beside our own kinds.

The API is frozen, so a spec is read as strictly as one of ours: a field that is not known could restrict something.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import msgspec

from .kubernetes import TheirResource, Theirs
from .types import Metadata, Spec

# Of IngressClass.spec.controller: the Ingresses of such a class are ours.
CONTROLLER = "postern.dev/ingress-controller"

# On an Ingress from before there was `ingressClassName`: the name of its class.
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
# On an IngressClass: the class of the Ingresses that name none.
DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"
# On an IngressClass: the gateway that serves its Ingresses.
GATEWAY_ANNOTATION = "postern.dev/gateway"

PathType = Literal["Exact", "Prefix", "ImplementationSpecific"]


class AnnotatedMetadata(Metadata, frozen=True, gc=False):
    """Metadata with those annotations that may mean something: what kubectl notes there is as large as the object."""

    annotations: dict[str, str] | None = None

    def __post_init__(self) -> None:
        """Drop what only kubectl reads."""
        if self.annotations:
            kept = {name: value for name, value in self.annotations.items() if not name.startswith("kubectl.kuber")}
            msgspec.structs.force_setattr(self, "annotations", kept)

    def annotation(self, name: str) -> str | None:
        """The value of an annotation, None where it is not there."""
        return (self.annotations or {}).get(name)


class ServiceBackendPort(Spec, frozen=True):
    """A port of a Service, by number or by name."""

    name: str = ""
    number: int = 0


class IngressServiceBackend(Spec, frozen=True):
    """A Service of the Ingress's namespace."""

    name: str
    port: ServiceBackendPort = ServiceBackendPort()


class TypedLocalObjectReference(Spec, frozen=True):
    """An object of any kind."""

    kind: str
    name: str
    api_group: str | None = None


class IngressBackend(Spec, frozen=True):
    """Where requests go: to a Service, or to an object of a kind that only some controllers know."""

    service: IngressServiceBackend | None = None
    resource: TypedLocalObjectReference | None = None


class HTTPIngressPath(Spec, frozen=True):
    """A path, and where its requests go."""

    path_type: PathType
    backend: IngressBackend
    path: str | None = None


class HTTPIngressRuleValue(Spec, frozen=True):
    """The paths of a rule."""

    paths: tuple[HTTPIngressPath, ...] = ()


class IngressRule(Spec, frozen=True):
    """A host, none for every one, and its paths; one without any is for the default backend."""

    host: str | None = None
    http: HTTPIngressRuleValue | None = None


class IngressTLS(Spec, frozen=True):
    """A Secret with a certificate, and the hosts that it is for."""

    hosts: tuple[str, ...] | None = None
    secret_name: str | None = None


class IngressSpec(Spec, frozen=True):
    """What an Ingress asks for."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    tls: tuple[IngressTLS, ...] | None = None
    rules: tuple[IngressRule, ...] | None = None


class Ingress(TheirResource, frozen=True):
    """networking.k8s.io/v1 Ingress."""

    STRICT: ClassVar[type[Spec]] = IngressSpec

    metadata: AnnotatedMetadata
    spec: IngressSpec = IngressSpec()

    @property
    def secrets(self) -> Iterator[str]:
        """The names of the Secrets with its certificates."""
        return (tls.secret_name for tls in self.spec.tls or () if tls.secret_name)

    @property
    def services(self) -> Iterator[str]:
        """The names of the Services that it sends requests to."""
        paths = (path for rule in self.spec.rules or () if rule.http for path in rule.http.paths)
        backends = (self.spec.default_backend, *(path.backend for path in paths))
        return (it.service.name for it in backends if it is not None and it.service is not None)


class IngressClassParameters(Theirs, frozen=True):
    """An object with further settings of a class."""

    kind: str = ""
    name: str = ""


class IngressClassSpec(Theirs, frozen=True):
    """Who serves the Ingresses of a class."""

    controller: str = ""
    parameters: IngressClassParameters | None = None


class IngressClass(TheirResource, frozen=True):
    """networking.k8s.io/v1 IngressClass, which is in no namespace."""

    metadata: AnnotatedMetadata
    spec: IngressClassSpec = IngressClassSpec()
