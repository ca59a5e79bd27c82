"""The CustomResourceDefinitions: the names, the columns, and the schema around each kind's model."""

from __future__ import annotations

from typing import Any

from postern_core.kinds import API_VERSION, KINDS, Column

from .schema import Schema, object_schema, prose_of, validations

GROUP, VERSION = API_VERSION.split("/")


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


def definition(kind: str) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    row = KINDS[kind]
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_column(column) for column in (*row.columns, *STATE)],
        **({"selectableFields": [{"jsonPath": path} for path in row.selectable]} if row.selectable else {}),
        "schema": {"openAPIV3Schema": kind_schema(kind)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{row.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": row.plural,
                "singular": kind.lower(),
                "shortNames": [row.short],
                "categories": ["postern"],
            },
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def kind_schema(kind: str) -> Schema:
    """The schema of a whole object."""
    row = KINDS[kind]
    spec, status = object_schema(row.spec), object_schema(row.status)
    schema: Schema = {"description": prose_of(row.resource), "type": "object"}
    # Where one of several fields must be given, no rule is asked about an object without a spec.
    if "required" in spec or any("exactly_one" in rule.violation for rule in row.spec.RULES):
        schema["required"] = ["spec"]
    schema["properties"] = {
        "apiVersion": {"description": f"The version of this form of the object: {API_VERSION}.", "type": "string"},
        "kind": {"description": f"The kind of the object: {kind}.", "type": "string"},
        "metadata": {"type": "object"},
        "spec": spec,
        "status": status | {"default": UNSEEN},
    }
    return schema | validations(row.resource.RULES)


def _column(column: Column) -> dict[str, Any]:
    """As the API server writes it: the priority 0 is left out."""
    shown = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.path,
        "description": column.description,
    }
    return shown | ({"priority": column.priority} if column.priority else {})
