"""The Ingresses of our classes, wherever the caller may list them; others are no concern of ours."""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.link.ingress_classes import OurClass, class_of
from postern_core.parse import parse_manifest
from postern_operator.cluster.api.resource_types import INGRESS_CLASSES, INGRESSES

from .connection import Connection
from .list_resources import Manifest, list_if_allowed


@dataclass(frozen=True, slots=True)
class ListedIngresses:
    """The classes, the Ingresses that are ours each with its class, and what could not be read."""

    classes: tuple[Manifest, ...] = ()
    ingresses: tuple[tuple[Manifest, OurClass], ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        return (*self.classes, *(manifest for manifest, _ in self.ingresses))


async def list_ingresses(connection: Connection, namespace: str) -> ListedIngresses:
    """List them in a namespace, "" for everywhere; nothing where there is no class of ours, or none may be read."""
    classes = await list_if_allowed(connection.api, INGRESS_CLASSES, "")
    if not classes:
        # Mostly there is none: the operator serves Ingresses only where its settings say so.
        return ListedIngresses()
    parsed = {one["metadata"]["name"]: parse_manifest(one) for one in classes}
    found = await list_if_allowed(connection.api, INGRESSES, namespace)
    if found is None:
        where = f"of {namespace}" if namespace else "of all namespaces"
        return ListedIngresses(tuple(classes), (), (f"Ingress {where} (403 Forbidden)",))
    ours = ((one, class_of(parse_manifest(one), parsed)) for one in found)
    return ListedIngresses(tuple(classes), tuple((one, its_class) for one, its_class in ours if its_class))
