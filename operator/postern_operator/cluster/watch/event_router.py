"""Routes what an informer reads: which feeds want an object, and what is skipped.

Objects of a gateway's own namespace go to more than one feed: what is published
there is compared with the target, and its EndpointSlices say where its pods are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from postern_core.parse import Parsed, parse_manifest
from postern_core.publication import is_published_name
from postern_core.ref import Ref
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL
from postern_operator.cluster.api.reader import PartialObject, version_of

from .gateway_services import GatewayServices
from .object_cache import ObjectCache
from .references import ADMIN_SERVICE, service_of_slice


class ObjectFeed:
    """Puts a kind into the object cache; of a kind that ours reference, only what is referenced."""

    def __init__(self, kind: str, objects: ObjectCache) -> None:
        self._kind = kind
        self._objects = objects

    def is_wanted(self, heading: PartialObject) -> bool:
        if self._kind in ("Secret", "ConfigMap", "core/Service"):
            return self._objects.is_referenced(self._ref(heading))
        if self._kind == "EndpointSlice":
            return self._objects.is_referenced(service_of_slice(heading.namespace, heading.labels))
        return True

    def put(self, manifest: dict[str, Any]) -> None:
        self._objects.put(manifest)

    def remove(self, heading: PartialObject) -> None:
        self._objects.remove(self._ref(heading), heading.version)

    def discard(self, heading: PartialObject) -> None:
        self._objects.discard(self._ref(heading), heading.version)

    def listed(self, namespace: str, present: list[PartialObject], resource_version: str) -> None:
        self._objects.replace(self._kind, namespace, map(self._ref, present), version_of(resource_version))

    def _ref(self, heading: PartialObject) -> Ref:
        return Ref(self._kind, heading.namespace or "default", heading.name)


class PublishedObserver(Protocol):
    """The part of a publisher that a feed needs."""

    def observe(self, manifest: Mapping[str, Any], *, is_deleted: bool = False) -> bool:
        """Note an object; returns whether it must be repaired."""


class PublishedFeed:
    """Shows publishers the objects of one kind in their namespaces; `repair` is called where one must be repaired."""

    def __init__(self, kind: str, publishers: Mapping[str, PublishedObserver], repair: Callable[[str], None]) -> None:
        self._kind = kind
        self._publishers = publishers
        self._repair = repair
        self._names: dict[str, set[str]] = {namespace: set() for namespace in publishers}

    def is_wanted(self, heading: PartialObject) -> bool:
        return heading.namespace in self._publishers and is_published_name(heading.name)

    def put(self, manifest: dict[str, Any]) -> None:
        namespace = manifest["metadata"]["namespace"]
        self._names[namespace].add(manifest["metadata"]["name"])
        if self._publishers[namespace].observe(manifest):
            self._repair(namespace)

    def remove(self, heading: PartialObject) -> None:
        if self.is_wanted(heading):
            self._removed(heading.namespace, heading.name)

    def discard(self, heading: PartialObject) -> None:
        """Keep everything: what is wanted is so by its name, which never changes."""

    def listed(self, namespace: str, present: list[PartialObject], _resource_version: str) -> None:
        # What was written during the list may seem to be gone; then it is written again, which changes nothing.
        for own in self._names if not namespace else {namespace} & self._names.keys():
            found = {heading.name for heading in present if heading.namespace == own and self.is_wanted(heading)}
            for name in self._names[own] - found:
                self._removed(own, name)

    def _removed(self, namespace: str, name: str) -> None:
        self._names[namespace].discard(name)
        manifest = {"kind": self._kind, "metadata": {"name": name, "namespace": namespace}}
        if self._publishers[namespace].observe(manifest, is_deleted=True):
            self._repair(namespace)


class PodFeed:
    """Keeps the EndpointSlices of the gateways' admin Services; `changed` is called with a namespace."""

    def __init__(self, namespaces: tuple[str, ...], changed: Callable[[str], None]) -> None:
        self._slices: dict[str, dict[str, tuple[int, Parsed]]] = {namespace: {} for namespace in namespaces}
        self._changed = changed

    def slices_of(self, namespace: str) -> tuple[Parsed, ...]:
        """Return the slices of a gateway's namespace."""
        return tuple(slice_ for _, slice_ in self._slices[namespace].values())

    def forget_versions(self) -> None:
        """Accept whatever comes next as newer; see `ObjectCache.forget_versions`."""
        for namespace, slices in self._slices.items():
            self._slices[namespace] = {name: (0, parsed) for name, (_, parsed) in slices.items()}

    def is_wanted(self, heading: PartialObject) -> bool:
        return heading.namespace in self._slices and heading.labels.get(SERVICE_NAME_LABEL) == ADMIN_SERVICE

    def put(self, manifest: dict[str, Any]) -> None:
        metadata, parsed = manifest["metadata"], parse_manifest(manifest)
        version = version_of(metadata.get("resourceVersion", ""))
        known = self._slices[metadata["namespace"]].get(metadata["name"])
        if parsed.resource is None or (known is not None and known[0] > version):
            return
        self._slices[metadata["namespace"]][metadata["name"]] = (version, parsed)
        if known is None or known[1] != parsed:
            self._changed(metadata["namespace"])

    def remove(self, heading: PartialObject) -> None:
        if self._slices.get(heading.namespace, {}).pop(heading.name, None):
            self._changed(heading.namespace)

    def discard(self, heading: PartialObject) -> None:
        known = self._slices.get(heading.namespace, {}).get(heading.name)
        if known is not None and heading.version >= known[0]:
            self.remove(heading)

    def listed(self, namespace: str, present: list[PartialObject], _resource_version: str) -> None:
        found = {(heading.namespace, heading.name) for heading in present}
        for own in self._slices if not namespace else {namespace} & self._slices.keys():
            for name in [name for name in self._slices[own] if (own, name) not in found]:
                del self._slices[own][name]
                self._changed(own)


RoutedFeed = ObjectFeed | PublishedFeed | PodFeed | GatewayServices


class FanOutFeed:
    """One informer, several feeds: each gets what it wants."""

    def __init__(self, *feeds: RoutedFeed) -> None:
        self._feeds = feeds

    def is_wanted(self, heading: PartialObject) -> bool:
        return any(feed.is_wanted(heading) for feed in self._feeds)

    def put(self, manifest: dict[str, Any]) -> None:
        metadata = manifest["metadata"]
        heading = PartialObject(
            metadata["name"],
            metadata.get("namespace", ""),
            resource_version=metadata.get("resourceVersion", ""),
            labels=metadata.get("labels") or {},
        )
        for feed in self._feeds:
            if feed.is_wanted(heading):
                feed.put(manifest)
            else:
                feed.discard(heading)

    def remove(self, heading: PartialObject) -> None:
        for feed in self._feeds:
            feed.remove(heading)

    def discard(self, heading: PartialObject) -> None:
        for feed in self._feeds:
            feed.discard(heading)

    def listed(self, namespace: str, present: list[PartialObject], resource_version: str) -> None:
        for feed in self._feeds:
            wanted = [heading for heading in present if feed.is_wanted(heading)]
            feed.listed(namespace, wanted, resource_version)
