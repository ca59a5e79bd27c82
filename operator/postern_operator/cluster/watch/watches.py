"""Everything that is read from the cluster: which kinds, in which namespaces, and which feed each goes to.

Every kind is listed and watched here, ours by kopf as well: each of the two covers
for a fault of the other.  What the feeds lead to is composed in `app`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kubernetes.aio.client import ApiClient

from postern_operator.cluster.api.reader import PartialObject, Resource, version_of
from postern_operator.cluster.api.resource_types import (
    CONFIG_MAPS,
    ENDPOINT_SLICES,
    INGRESS_CLASSES,
    INGRESSES,
    KUBERNETES_SERVICES,
    NAMESPACES,
    OUR_RESOURCES,
    SECRETS,
)
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.settings import Settings

from .event_router import FanOutFeed, ObjectFeed, PodFeed, PublishedFeed
from .gateway_services import GatewayServices
from .informer import Feed, Informer, Scope
from .kopf_watch import KopfThread
from .object_cache import ObjectCache


class Watches:
    """All informers of one replica, and kopf; `published` has the feed of each kind that carries snapshots."""

    def __init__(
        self,
        api: ApiClient,
        settings: Settings,
        objects: ObjectCache,
        *,
        published: Mapping[str, PublishedFeed],
        pods: PodFeed,
        services: GatewayServices,
        metrics: Metrics,
    ) -> None:
        self._api = api
        self._settings = settings
        self._objects = objects
        self._metrics = metrics
        self._published = published
        self._pods = pods
        self._services = services
        self._ours = tuple(self._informers_of_ours())
        self._others = tuple(self._informers_of_others())
        self._late: frozenset[Scope] = frozenset()
        self._unreadable_before = self._unreadable_of_ours()
        self._kopf = KopfThread(settings.kubeconfig, settings.namespaces, self._on_kopf_event, metrics)

    async def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Start all informers, and wait until each has listed all objects, or can't."""
        # Ours first: they say which of the others are referenced.
        for informer in self._ours:
            tasks.create_task(informer.watch())
        for informer in self._ours:
            await informer.is_answered.wait()
        self._late = self._unlisted(self._ours)
        tasks.create_task(self._kopf.run())
        for informer in self._others:
            tasks.create_task(informer.watch())
        for informer in (*self._ours, *self._others):
            await informer.is_decided.wait()
        self._late |= self._unlisted(self._others)

    def why_not_ready(self) -> str:
        """Return which lists are still waited for, and which kinds can't be read at all; "" when there are none.

        One of several namespaces that can't be read is no reason: another pod wouldn't read it either.
        """
        informers = (*self._ours, *self._others)
        waiting = [str(informer) for informer in informers if not informer.is_decided.is_set()]
        if waiting:
            return f"not listed yet: {', '.join(waiting)}"
        readable = {informer.resource for informer in informers if not informer.unreadable}
        lost = [f"{it} ({it.unreadable})" for it in informers if it.resource not in readable]
        return f"can't be read: {', '.join(lost)}" if lost else ""

    def unread(self) -> frozenset[Scope]:
        """Return which kinds have not been read in which of the namespaces that count, with all that they refer to."""
        if self._late:
            unlisted = self._unlisted((*self._ours, *self._others))
            self._late = frozenset(it for it in self._late if it in unlisted or self._objects.is_unfetched(it[1]))
        return self._late

    def _unlisted(self, informers: Iterable[Informer]) -> frozenset[Scope]:
        wanted = self._settings.namespaces or ("",)
        return frozenset(it.scope for it in informers if it.namespace in wanted and not it.has_listed)

    def unreadable(self) -> tuple[str, ...]:
        """Return what can't be read now, and why."""
        return tuple(f"{it}: {it.unreadable}" for it in (*self._ours, *self._others) if it.unreadable)

    def readable_changed(self) -> None:
        """Let kopf begin anew where it can't have noticed by itself, and build with what is known now."""
        self._objects.mark_dirty()
        unreadable, before = self._unreadable_of_ours(), self._unreadable_before
        self._unreadable_before = unreadable
        if unreadable != before:
            self._restart_kopf()

    def went_back(self) -> None:
        """List everything afresh: the API server's state was restored, and what is known may be newer than that."""
        self._objects.forget_versions()
        self._pods.forget_versions()
        for informer in (*self._ours, *self._others):
            informer.relist()
        self._restart_kopf()

    def _restart_kopf(self) -> None:
        lost = {namespace for _, namespace in self._unreadable_before}
        self._kopf.restart(namespace for namespace in self._settings.namespaces if namespace not in lost)

    def _unreadable_of_ours(self) -> frozenset[Scope]:
        """What kopf can't read either, which watches no Ingresses."""
        return frozenset(it.scope for it in self._ours if it.unreadable and it.resource in OUR_RESOURCES)

    def _informers_of_ours(self) -> Iterator[Informer]:
        for resource in OUR_RESOURCES:
            for namespace in self._settings.namespaces or ("",):
                yield self._informer(resource, namespace, ObjectFeed(resource.kind, self._objects))
        if self._settings.ingress:
            yield self._informer(INGRESS_CLASSES, "", ObjectFeed("IngressClass", self._objects))
            for namespace in self._settings.namespaces or ("",):
                yield self._informer(INGRESSES, namespace, ObjectFeed("Ingress", self._objects))

    def _informers_of_others(self) -> Iterator[Informer]:
        """A namespace that is only a gateway's is read too, for what is published there and for its pods."""
        beside = tuple(gateway.namespace for gateway in self._settings.gateways)
        everywhere = tuple(dict.fromkeys((*self._settings.namespaces, *beside))) if self._settings.namespaces else ("",)
        for resource, kind in ((SECRETS, "Secret"), (CONFIG_MAPS, "ConfigMap")):
            feed = FanOutFeed(ObjectFeed(kind, self._objects), self._published[kind])
            yield from (self._informer(resource, namespace, feed) for namespace in everywhere)
        feed = FanOutFeed(ObjectFeed("EndpointSlice", self._objects), self._pods)
        yield from (self._informer(ENDPOINT_SLICES, namespace, feed) for namespace in everywhere)
        services = FanOutFeed(ObjectFeed("core/Service", self._objects), self._services)
        # Those of gateways have the addresses of Ingresses.
        where = everywhere if self._settings.ingress else self._settings.namespaces or ("",)
        yield from (self._informer(KUBERNETES_SERVICES, it, services) for it in where)
        if not self._settings.namespaces:
            # An operator with rights in a few namespaces only may not list them all.
            yield self._informer(NAMESPACES, "", ObjectFeed("Namespace", self._objects))

    def _informer(self, resource: Resource, namespace: str, feed: Feed) -> Informer:
        return Informer(self._api, resource, namespace, feed, metrics=self._metrics, listener=self)

    def _on_kopf_event(self, type_: str | None, manifest: dict[str, Any]) -> None:
        """Route an event of kopf, of one of our kinds."""
        metadata = manifest["metadata"]
        if type_ == "DELETED":
            heading = PartialObject(
                metadata["name"], metadata["namespace"], resource_version=metadata["resourceVersion"]
            )
            ObjectFeed(manifest["kind"], self._objects).remove(heading)
        elif version_of(metadata["resourceVersion"]):
            self._objects.put(manifest)
