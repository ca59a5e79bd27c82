"""Everything that is read from the cluster: which kinds, in which namespaces, and where each goes.

Our kinds are watched by kopf and listed again here; all others are listed and
watched here.  The feeds and the gateways' fleets are tied together in this file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from kubernetes.aio.client import ApiClient

from postern_operator.cluster.api.reader import PartialObject, Resource, version_of
from postern_operator.cluster.api.resource_types import (
    CONFIG_MAPS,
    ENDPOINT_SLICES,
    KUBERNETES_SERVICES,
    NAMESPACES,
    OUR_RESOURCES,
    SECRETS,
)
from postern_operator.cluster.api.writer import Writer
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.rollout.gateway_rollout import GatewayRollout
from postern_operator.cluster.rollout.publisher import ClusterPublisher
from postern_operator.cluster.settings import Settings

from .event_router import FanOutFeed, ObjectFeed, PodFeed, PublishedFeed
from .informer import Feed, Informer, RecentTrouble
from .kopf_watch import KopfThread
from .object_cache import ObjectCache


class Watches:
    """All streams of one replica; `fleets` are the gateways that they tell of."""

    def __init__(
        self,
        api: ApiClient,
        settings: Settings,
        objects: ObjectCache,
        writer: Writer,
        *,
        changed: Callable[[], None],
        metrics: Metrics,
    ) -> None:
        self._api = api
        self._settings = settings
        self._objects = objects
        self._metrics = metrics
        publishers = {
            gateway.namespace: ClusterPublisher(writer, gateway.namespace, gateway.name)
            for gateway in settings.gateways
        }
        self._pods = PodFeed(tuple(publishers), self._pods_changed)
        self._fleet_of = {
            gateway.namespace: GatewayRollout(
                gateway,
                publishers[gateway.namespace],
                _slices_of(self._pods, gateway.namespace),
                changed,
                metrics,
                share=settings.share,
                rebuild=objects.mark_dirty,
            )
            for gateway in settings.gateways
        }
        self.fleets = tuple(self._fleet_of.values())
        self._published = {kind: PublishedFeed(kind, publishers, self._mend) for kind in ("ConfigMap", "Secret")}
        self._trouble = RecentTrouble()
        self._ours = tuple(self._our_streams())
        self._theirs = tuple(self._their_streams())
        self._kopf = KopfThread(settings.kubeconfig, settings.namespaces, self._heard, metrics)

    async def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Start all streams, and wait until each has listed what there is."""
        # Ours first: they say what of the others is wanted.
        for stream in self._ours:
            tasks.create_task(stream.relist())
        for stream in self._ours:
            await stream.has_listed.wait()
        tasks.create_task(self._kopf.run())
        for stream in self._theirs:
            tasks.create_task(stream.watch())
        for stream in self._theirs:
            await stream.has_listed.wait()

    def why_not_ready(self) -> str:
        """Which list is still waited for, "" when none is."""
        waiting = [str(stream) for stream in (*self._ours, *self._theirs) if not stream.has_listed.is_set()]
        return f"not listed yet: {', '.join(waiting)}" if waiting else ""

    def _our_streams(self) -> Iterator[Informer]:
        for resource in OUR_RESOURCES:
            for namespace in self._settings.namespaces or ("",):
                yield self._stream(resource, namespace, ObjectFeed(resource.kind, self._objects))

    def _their_streams(self) -> Iterator[Informer]:
        """A namespace that is only a gateway's is read too, for what is published there and for its pods."""
        beside = tuple(gateway.namespace for gateway in self._settings.gateways)
        everywhere = tuple(dict.fromkeys((*self._settings.namespaces, *beside))) if self._settings.namespaces else ("",)
        for resource, kind in ((SECRETS, "Secret"), (CONFIG_MAPS, "ConfigMap")):
            feed = FanOutFeed(ObjectFeed(kind, self._objects), self._published[kind])
            yield from (self._stream(resource, namespace, feed) for namespace in everywhere)
        feed = FanOutFeed(ObjectFeed("EndpointSlice", self._objects), self._pods)
        yield from (self._stream(ENDPOINT_SLICES, namespace, feed) for namespace in everywhere)
        services = ObjectFeed("core/Service", self._objects)
        yield from (self._stream(KUBERNETES_SERVICES, it, services) for it in self._settings.namespaces or ("",))
        if not self._settings.namespaces:
            # Who may read a few namespaces only may not list them all.
            yield self._stream(NAMESPACES, "", ObjectFeed("Namespace", self._objects))

    def _stream(self, resource: Resource, namespace: str, feed: Feed) -> Informer:
        return Informer(self._api, resource, namespace, feed, metrics=self._metrics, trouble=self._trouble)

    def _heard(self, type_: str | None, manifest: dict[str, Any]) -> None:
        """Take an event of kopf, of one of our kinds."""
        metadata = manifest["metadata"]
        if type_ == "DELETED":
            heading = PartialObject(
                metadata["name"], metadata["namespace"], resource_version=metadata["resourceVersion"]
            )
            ObjectFeed(manifest["kind"], self._objects).remove(heading)
        elif version_of(metadata["resourceVersion"]):
            self._objects.put(manifest)

    def _mend(self, namespace: str) -> None:
        self._fleet_of[namespace].mend()

    def _pods_changed(self, namespace: str) -> None:
        self._fleet_of[namespace].pods_changed()


def _slices_of(pods: PodFeed, namespace: str) -> Callable[[], tuple[Any, ...]]:
    return lambda: pods.of(namespace)
