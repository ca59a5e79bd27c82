"""The table of kinds: what parsing, checks, statuses, definitions and commands need to know of each.

A new kind is a module in `resources`, one in `checks`, one in `link`, and a row
here; `lints` of one object stand in its row too.  What a row can't say belongs in those modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from .checks.consumer import CONSUMER_CHECKS
from .checks.credential import CREDENTIAL_CHECKS
from .checks.jwt_policy import JWT_POLICY_CHECKS
from .checks.route import ROUTE_CHECKS
from .checks.service import SERVICE_CHECKS
from .checks.token_issuer import ISSUER_CHECKS
from .lints.jwt_policy import JWT_POLICY_LINTS
from .lints.route import ROUTE_LINTS, SERVICE_LINTS
from .lints.token_issuer import TOKEN_ISSUER_LINTS
from .ref import Ref
from .resources.consumer import Consumer, ConsumerSpec
from .resources.credential_keys import facts_of, holders_of
from .resources.ingress import Ingress, IngressClass
from .resources.issuer_keys import issuer_facts, issuer_references
from .resources.jwt_credential import JWTCredential, JWTCredentialSpec
from .resources.jwt_policy_kind import JWTPolicy, JWTPolicySpec
from .resources.kubernetes import ConfigMap, EndpointSlice, KubernetesService, Namespace, Secret
from .resources.route import Route, RouteSpec
from .resources.service import Service, ServiceSpec
from .resources.service_upstreams import references_of
from .resources.status import (
    ConsumerStatus,
    JWTCredentialStatus,
    JWTPolicyStatus,
    RouteStatus,
    ServiceStatus,
    TokenIssuerStatus,
)
from .resources.token_issuer import TokenIssuer, TokenIssuerSpec
from .resources.types import Resource, Spec
from .validators import Validators

API_VERSION = "postern.dev/v1alpha1"

# The rows are of different types, so what they take is any resource and any spec: the resource's own, by `parse`.
Check = Callable[[Any, Validators], Iterator[tuple[str, str]]]
References = Callable[[Ref, Any], Iterable[Ref]]
Facts = Callable[[Ref, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; with a `priority` above 0 only of `kubectl get --output wide`."""

    name: str
    path: str
    description: str
    type: str = "string"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Parent:
    """The kind that an object belongs to, and the field of its spec that names it.

    `name_of` reads that name from a decoded spec; `counted_as` is the field of
    the parent's status that counts such objects, "" for none.
    """

    kind: str
    field: str
    name_of: Callable[[Any], str]
    counted_as: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind that a user may write.

    `title` is the heading of a list of such objects.  `references` are the objects of Kubernetes that an object
    names, `facts` what its status holds beside conditions and counts.  One that `names_ours` names objects of ours
    beside its parent.  An object that `is_placed` is served by the gateways that its Service names, any other by all.
    """

    resource: type[Resource]
    spec: type[Spec]
    status: type[Spec]
    plural: str
    short: str
    title: str
    checks: tuple[Check, ...]
    lints: tuple[Check, ...] = field(default=(), kw_only=True)
    columns: tuple[Column, ...]
    selectable: tuple[str, ...] = ()
    parent: Parent | None = None
    references: References | None = None
    facts: Facts | None = None
    names_ours: bool = False
    is_placed: bool = False

    @property
    def name(self) -> str:
        return self.resource.__name__

    @property
    def has_references(self) -> bool:
        return self.parent is not None or self.references is not None or self.names_ours


SERVICE = Kind(
    resource=Service,
    spec=ServiceSpec,
    status=ServiceStatus,
    plural="services",
    short="psvc",
    title="Services",
    checks=SERVICE_CHECKS,
    lints=SERVICE_LINTS,
    references=references_of,
    is_placed=True,
    columns=(
        Column("Hosts", ".spec.hosts", "The hosts whose requests are meant; none are all hosts."),
        Column("Prefix", ".spec.pathPrefix", "The path below which its Routes are."),
        Column("Routes", ".status.routes", "How many Routes it has.", "integer"),
        Column("Gateways", ".spec.gateways", "The gateways that serve it.", priority=1),
    ),
)
ROUTE = Kind(
    resource=Route,
    spec=RouteSpec,
    status=RouteStatus,
    plural="routes",
    short="prt",
    title="Routes",
    checks=ROUTE_CHECKS,
    lints=ROUTE_LINTS,
    parent=Parent("Service", "serviceRef", attrgetter("service_ref.name"), counted_as="routes"),
    references=references_of,
    is_placed=True,
    columns=(
        Column("Service", ".spec.serviceRef.name", "The Service that its requests go to."),
        Column("Methods", ".spec.methods", "The methods that it takes; none are all methods."),
    ),
    selectable=(".spec.serviceRef.name",),
)
CONSUMER = Kind(
    resource=Consumer,
    spec=ConsumerSpec,
    status=ConsumerStatus,
    plural="consumers",
    short="pcons",
    title="Consumers",
    checks=CONSUMER_CHECKS,
    columns=(
        Column("Groups", ".spec.groups", "The groups that it belongs to."),
        Column("Credentials", ".status.credentials", "How many JWTCredentials it has.", "integer"),
    ),
)
JWT_CREDENTIAL = Kind(
    resource=JWTCredential,
    spec=JWTCredentialSpec,
    status=JWTCredentialStatus,
    plural="jwtcredentials",
    short="pjwt",
    title="Credentials",
    checks=CREDENTIAL_CHECKS,
    parent=Parent("Consumer", "consumerRef", attrgetter("consumer_ref.name"), counted_as="credentials"),
    references=holders_of,
    facts=facts_of,
    columns=(
        Column("Consumer", ".spec.consumerRef.name", "The Consumer whose tokens it knows."),
        Column("Key", ".status.key", "What the key claim of its tokens holds."),
        Column("Algorithm", ".status.algorithm", "What its tokens are signed with."),
        Column("Issuer", ".status.issuer", "The TokenIssuer whose keys verify its tokens.", priority=1),
        Column("Secret", ".status.generatedSecretName", "The Secret that was made for it.", priority=1),
    ),
    selectable=(".spec.consumerRef.name", ".spec.key"),
)
TOKEN_ISSUER = Kind(
    resource=TokenIssuer,
    spec=TokenIssuerSpec,
    status=TokenIssuerStatus,
    plural="tokenissuers",
    short="pti",
    title="Token issuers",
    checks=ISSUER_CHECKS,
    lints=TOKEN_ISSUER_LINTS,
    references=issuer_references,
    facts=issuer_facts,
    columns=(
        Column("Issuer", ".spec.issuer", "What iss of its tokens is."),
        Column("Keys", ".status.keyIDs", "The ids of the keys in force."),
        Column("Source", ".status.keysSource", "Where its keys are taken from.", priority=1),
    ),
    selectable=(".spec.issuer",),
)

JWT_POLICY = Kind(
    resource=JWTPolicy,
    spec=JWTPolicySpec,
    status=JWTPolicyStatus,
    plural="jwtpolicies",
    short="pjp",
    title="JWT policies",
    checks=JWT_POLICY_CHECKS,
    lints=JWT_POLICY_LINTS,
    names_ours=True,
    columns=(
        Column("Targets", ".spec.targetRefs[*].name", "The objects that it protects, beside those that name it."),
        Column("Mode", ".spec.jwt.mode", "What a request needs to pass."),
    ),
)

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (SERVICE, ROUTE, CONSUMER, JWT_CREDENTIAL, TOKEN_ISSUER, JWT_POLICY)
}

# What is read of Kubernetes: API version and kind -> the kind as a Ref names it, and its type.
KUBERNETES_KINDS: dict[tuple[str, str], tuple[str, type[Resource]]] = {
    ("v1", "Secret"): ("Secret", Secret),
    ("v1", "ConfigMap"): ("ConfigMap", ConfigMap),
    ("v1", "Service"): ("core/Service", KubernetesService),
    ("v1", "Namespace"): ("Namespace", Namespace),
    ("discovery.k8s.io/v1", "EndpointSlice"): ("EndpointSlice", EndpointSlice),
    ("networking.k8s.io/v1", "Ingress"): ("Ingress", Ingress),
    ("networking.k8s.io/v1", "IngressClass"): ("IngressClass", IngressClass),
}

# What a gateway serves: our kinds, and those of Kubernetes that are front ends beside them.
FRONT_ENDS = frozenset({*KINDS, "Ingress"})


def ref_kind(api_version: str, kind: str) -> str:
    """The kind as a Ref names it."""
    known = KUBERNETES_KINDS.get((api_version, kind))
    return known[0] if known else kind
