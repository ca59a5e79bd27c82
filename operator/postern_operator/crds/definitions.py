"""The four CustomResourceDefinitions: names, columns, and the schema around each kind's model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postern_core.parse import API_VERSION, OUR_KINDS
from postern_core.resources.status import ConsumerStatus, JWTCredentialStatus, RouteStatus, ServiceStatus

from .schema import Schema, object_schema, prose_of, validations

GROUP, VERSION = API_VERSION.split("/")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; with a `priority` above 0 only of `kubectl get --output wide`."""

    name: str
    path: str
    description: str
    type: str = "string"
    priority: int = 0


def _condition(type_: str, description: str, priority: int = 0) -> Column:
    return Column(type_, f'.status.conditions[?(@.type=="{type_}")].status', description, priority=priority)


def _ready(name: str, field: str, description: str, priority: int) -> Column:
    return Column(name, f'.status.conditions[?(@.type=="Ready")].{field}', description, priority=priority)


# What `kubectl get` says of every kind, after what is special about it.
STATE = (
    _condition("Accepted", "Whether the object makes sense by itself."),
    _condition("Programmed", "Whether every ready data-plane pod serves it as it is now."),
    _ready("Reason", "reason", "Why the object is not ready; Ready when it is.", 0),
    Column("Age", ".metadata.creationTimestamp", "How long the object has been there.", "date"),
    _ready("Message", "message", "What is wrong, and the way out.", 1),
)


# The status of what the operator has not seen yet; without one kstatus takes a new object for ready.
UNSEEN = {"observedGeneration": 0}


@dataclass(frozen=True, slots=True)
class Names:
    """What a kind is called, what `kubectl get` shows of it, and by which fields it can be selected."""

    plural: str
    short: str
    status: type[Any]
    columns: tuple[Column, ...]
    selectable: tuple[str, ...] = ()


KINDS: dict[str, Names] = {
    "Service": Names(
        "services",
        "psvc",
        ServiceStatus,
        (
            Column("Hosts", ".spec.hosts", "The hosts whose requests are meant; none are all hosts."),
            Column("Prefix", ".spec.pathPrefix", "The path below which its Routes are."),
            Column("Routes", ".status.routes", "How many Routes it has.", "integer"),
            Column("Gateways", ".spec.gateways", "The gateways that serve it.", priority=1),
        ),
    ),
    "Route": Names(
        "routes",
        "prt",
        RouteStatus,
        (
            Column("Service", ".spec.serviceRef.name", "The Service that its requests go to."),
            Column("Methods", ".spec.methods", "The methods that it takes; none are all methods."),
        ),
        (".spec.serviceRef.name",),
    ),
    "Consumer": Names(
        "consumers",
        "pcons",
        ConsumerStatus,
        (
            Column("Groups", ".spec.groups", "The groups that it belongs to."),
            Column("Credentials", ".status.credentials", "How many JWTCredentials it has.", "integer"),
        ),
    ),
    "JWTCredential": Names(
        "jwtcredentials",
        "pjwt",
        JWTCredentialStatus,
        (
            Column("Consumer", ".spec.consumerRef.name", "The Consumer whose tokens it knows."),
            Column("Key", ".status.key", "What the key claim of its tokens holds."),
            Column("Algorithm", ".spec.algorithm", "What its tokens are signed with."),
            Column("Secret", ".status.generatedSecretName", "The Secret that was made for it.", priority=1),
        ),
        (".spec.consumerRef.name", ".spec.key"),
    ),
}


def definition(kind: str) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    names = KINDS[kind]
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_column(column) for column in (*names.columns, *STATE)],
        **({"selectableFields": [{"jsonPath": path} for path in names.selectable]} if names.selectable else {}),
        "schema": {"openAPIV3Schema": kind_schema(kind)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": names.plural,
                "singular": kind.lower(),
                "shortNames": [names.short],
                "categories": ["postern"],
            },
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def kind_schema(kind: str) -> Schema:
    """The schema of a whole object."""
    kind_type, spec_type = OUR_KINDS[kind]
    spec, status = object_schema(spec_type), object_schema(KINDS[kind].status)
    schema: Schema = {"description": prose_of(kind_type), "type": "object"}
    if "required" in spec:
        schema["required"] = ["spec"]
    schema["properties"] = {
        "apiVersion": {"description": f"The version of this form of the object: {API_VERSION}.", "type": "string"},
        "kind": {"description": f"The kind of the object: {kind}.", "type": "string"},
        "metadata": {"type": "object"},
        "spec": spec,
        "status": status | {"default": UNSEEN},
    }
    return schema | validations(kind_type.RULES)


def _column(column: Column) -> dict[str, Any]:
    """As the API server writes it: the priority 0 is left out."""
    shown = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.path,
        "description": column.description,
    }
    return shown | ({"priority": column.priority} if column.priority else {})
