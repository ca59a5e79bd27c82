"""Keeps a feed up to date with one kind: list, watch, and list again.

A watch may fall silent or miss an event, so it is never trusted for longer than
`WATCH_S`: then everything is listed afresh.  What becomes of the objects is the
feed's business.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

import msgspec
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from postern_kit.backoff import Backoff
from postern_operator.cluster.api.reader import (
    API_ERRORS,
    GONE,
    Item,
    PartialObject,
    Resource,
    lines,
    manifest_of,
    pages,
)
from postern_operator.cluster.metrics import Metrics

log = logging.getLogger("postern.informer")

# The first list is made while the other informers begin: what changes in between is found soon.
FIRST_WATCH_S = 10
WATCH_S = 300
# For so long after trouble everything is listed every few seconds: a server that has just started may refuse what it
# grants a moment later, and a watch that ends by that begins again only some seconds later.
WARY_S = 60.0


class Feed(Protocol):
    """Where what is read of a kind goes."""

    def is_wanted(self, heading: PartialObject) -> bool:
        """Whether the whole object is to be read."""

    def put(self, manifest: dict[str, Any]) -> None:
        """Accept an object as it is now."""

    def remove(self, heading: PartialObject) -> None:
        """Remove an object that is gone as of the heading's version."""

    def discard(self, heading: PartialObject) -> None:
        """Forget an object that is there, but is not wanted (any more)."""

    def listed(self, namespace: str, present: list[PartialObject], resource_version: str) -> None:
        """Replace the known set of this namespace by `present`, all wanted ones as of `resource_version`."""


async def list_into(feed: Feed, api: client.ApiClient, resource: Resource, namespace: str) -> str:
    """List everything into a feed; returns the version to watch from, raises one of `API_ERRORS`."""
    present: list[PartialObject] = []
    resource_version = ""
    async for page in pages(api, resource, namespace):
        # All pages are of one moment, and the first one names it.
        resource_version = resource_version or page.metadata.resource_version
        for raw in page.items or ():
            heading = msgspec.json.decode(raw, type=Item).metadata
            if feed.is_wanted(heading):
                present.append(heading)
                feed.put(manifest_of(resource, raw))
        await asyncio.sleep(0)  # other tasks run between two pages
    feed.listed(namespace, present, resource_version)
    return resource_version


class RecentTrouble:
    """When the API server last failed one of the informers."""

    def __init__(self) -> None:
        self._noticed_at = float("-inf")

    def note(self) -> None:
        self._noticed_at = asyncio.get_running_loop().time()

    @property
    def is_recent(self) -> bool:
        return asyncio.get_running_loop().time() - self._noticed_at < WARY_S


class Informer:
    """One kind, in one namespace or ("") in all."""

    def __init__(
        self,
        api: client.ApiClient,
        resource: Resource,
        namespace: str,
        feed: Feed,
        *,
        metrics: Metrics,
        trouble: RecentTrouble,
    ) -> None:
        self._api = api
        self._resource = resource
        self._namespace = namespace
        self._feed = feed
        self._metrics = metrics
        self._backoff = Backoff()
        self._trouble = trouble
        self.has_listed = asyncio.Event()

    def __str__(self) -> str:
        return f"{self._resource.plural} of {self._resource.api_version}"

    async def watch(self) -> None:
        """List and watch, until cancelled."""
        for_s = FIRST_WATCH_S
        while True:
            if await self._tried(for_s):
                for_s = WATCH_S

    async def relist(self) -> None:
        """List again and again, for a kind that kopf watches; the first time at once."""
        is_first = True
        while True:
            if await self._tried(0):
                await self._rest(FIRST_WATCH_S if is_first else WATCH_S)
                is_first = False

    async def _rest(self, for_s: float) -> None:
        """Wait that long, but list again soon after trouble: kopf may have missed events in it."""
        until = asyncio.get_running_loop().time() + for_s
        while (left_s := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left_s, FIRST_WATCH_S))
            if self._trouble.is_recent:
                return

    async def _tried(self, for_s: int) -> bool:
        """List, and watch for that long; pauses after an error, and returns whether there was none."""
        try:
            since = await list_into(self._feed, self._api, self._resource, self._namespace)
            self.has_listed.set()
            if for_s:
                await self._watch(since, for_s)
        except API_ERRORS as error:
            await self._failed(error)
            return False
        self._recovered()
        return True

    async def _watch(self, since: str, for_s: int) -> None:
        async for line in lines(self._api, self._resource, self._namespace, since, for_s):
            self._recovered()
            if line.type == "BOOKMARK":
                continue
            heading = msgspec.json.decode(line.object, type=Item).metadata
            if line.type == "DELETED":
                self._feed.remove(heading)
            elif self._feed.is_wanted(heading):
                self._feed.put(manifest_of(self._resource, line.object))
            else:
                self._feed.discard(heading)

    async def _failed(self, error: BaseException) -> None:
        self._metrics.watch_restarts.labels(self._resource.kind).inc()
        pause_s = self._backoff.next_s()
        is_ordinary = isinstance(error, ApiException) and error.status == GONE
        if not is_ordinary:
            self._trouble.note()
        if self._backoff.failures == 1 and not is_ordinary:
            log.warning("objects can't be read, trying again", extra={"fields": self._fields() | reason_of(error)})
        await asyncio.sleep(pause_s)

    def _recovered(self) -> None:
        if self._backoff.failures:
            log.info("objects are read again", extra={"fields": self._fields()})
        self._backoff.succeeded()

    def _fields(self) -> dict[str, str]:
        return {"resource": self._resource.plural, "namespace": self._namespace or "all"}


def reason_of(error: BaseException) -> dict[str, str]:
    """Return what a log may say of an error of the API server: never its body, which may quote a secret."""
    if isinstance(error, ApiException):
        return {"error": f"{error.status} {error.reason}"}
    return {"error": type(error).__name__}
