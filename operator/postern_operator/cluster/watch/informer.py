"""Keeps a feed up to date with one kind: list, watch, and list again.

A watch may fall silent or miss an event, so it is never trusted for longer than
`WATCH_S`: then everything is listed afresh.  What becomes of the objects is the
feed's business, and what follows from a kind that can't be read that of `watches`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from postern_kit.backoff import Backoff
from postern_operator.cluster.api.reader import (
    API_ERRORS,
    GONE,
    TOO_MANY_REQUESTS,
    Item,
    PartialObject,
    Resource,
    WatchLine,
    lines,
    manifest_of,
    pages,
    version_of,
)
from postern_operator.cluster.metrics import Metrics

log = logging.getLogger("postern.informer")

# The first list is made while the other informers begin: what changes in between is found soon.
FIRST_WATCH_S = 10
WATCH_S = 300
# A watch that ends sooner is followed by a pause: a proxy may end each of them at once, and a list is not for nothing.
SHORT_S = 0.5
# How long the API server may go on answering with an error before the kind counts as unreadable.  A refusal is mostly
# meant, but a server that has just started may refuse what it grants a moment later; other errors mostly pass.
REFUSED_S = 3.0
FAILING_S = 30.0
REFUSALS = frozenset({403, 404, 405})

# A kind in a namespace, or ("") in all.
Scope = tuple[str, str]


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


async def list_into(
    feed: Feed,
    api: client.ApiClient,
    resource: Resource,
    namespace: str,
    begin: Callable[[str], None] = lambda _: None,
) -> str:
    """List everything into a feed; returns the version to watch from, raises one of `API_ERRORS`.

    `begin` is called with that version before the feed gets an object.
    """
    present: list[PartialObject] = []
    resource_version = ""
    async for page in pages(api, resource, namespace):
        if not resource_version:
            # All pages are of one moment, and the first one names it.
            resource_version = page.metadata.resource_version
            begin(resource_version)
        for raw in page.items or ():
            heading = msgspec.json.decode(raw, type=Item).metadata
            if feed.is_wanted(heading):
                present.append(heading)
                feed.put(manifest_of(resource, raw))
        await asyncio.sleep(0)  # other tasks run between two pages
    feed.listed(namespace, present, resource_version)
    return resource_version


class InformerListener(Protocol):
    """What follows the state of informers."""

    def readable_changed(self) -> None:
        """Note that a kind can't be read, that it can be again, or that it has been listed for the first time."""

    def went_back(self) -> None:
        """Note that the API server is at an earlier version than it was: its state was restored."""


class Informer:
    """One kind, in one namespace or ("") in all.

    `unreadable` is why the API server doesn't let the kind be read, "" while it does.
    `is_answered` is set once it has been listed or refused, `is_decided` once it has been listed or is unreadable.
    """

    def __init__(
        self,
        api: client.ApiClient,
        resource: Resource,
        namespace: str,
        feed: Feed,
        *,
        metrics: Metrics,
        listener: InformerListener,
    ) -> None:
        self._api = api
        self.resource = resource
        self.namespace = namespace
        self._feed = feed
        self._metrics = metrics
        self._listener = listener
        self._backoff = Backoff()
        self._failing_since_s: float | None = None
        self._version = 0
        self._watching: asyncio.Timeout | None = None
        self.unreadable = ""
        self.has_listed = False
        self.is_answered = asyncio.Event()
        self.is_decided = asyncio.Event()

    def __str__(self) -> str:
        where = f"namespace {self.namespace}" if self.namespace else "all namespaces"
        return f"{self.resource.plural} of {self.resource.api_version} in {where}"

    @property
    def scope(self) -> Scope:
        return self.resource.kind, self.namespace

    async def watch(self) -> None:
        """List and watch, until cancelled."""
        for_s = FIRST_WATCH_S
        while True:
            try:
                since = await list_into(self._feed, self._api, self.resource, self.namespace, self._list_begins)
                self._note_listed()
                began_s = asyncio.get_running_loop().time()
                await self._watch(since, for_s)
                if asyncio.get_running_loop().time() - began_s < SHORT_S:
                    await asyncio.sleep(SHORT_S)
                self._recovered()
                for_s = WATCH_S
            except API_ERRORS as error:
                await self._failed(error)

    def relist(self) -> None:
        """End the watch that is open, and list everything afresh as of whatever version."""
        self._version = 0
        if self._watching is not None:
            self._watching.reschedule(asyncio.get_running_loop().time())

    def _list_begins(self, resource_version: str) -> None:
        """Compare a list with what was read before; a list is never older than that, unless the server is."""
        version = version_of(resource_version)
        if 0 < version < self._version:
            fields = self._fields() | {"version": version, "before": self._version}
            log.warning("the API server went back to an earlier version, listing everything", extra={"fields": fields})
            self._listener.went_back()
        self._version = version

    def _note_listed(self) -> None:
        is_first, self.has_listed = not self.has_listed, True
        self.is_answered.set()
        self.is_decided.set()
        if is_first:
            self._listener.readable_changed()

    async def _watch(self, since: str, for_s: int) -> None:
        try:
            async with asyncio.timeout(None) as self._watching:
                async for line in lines(
                    self._api, self.resource, self.namespace, since, for_s, opened=self._note_readable
                ):
                    self._recovered()
                    self._take(line)
        except TimeoutError:
            if self._watching is None or not self._watching.expired():
                raise
        finally:
            self._watching = None

    def _take(self, line: WatchLine) -> None:
        heading = msgspec.json.decode(line.object, type=Item).metadata
        self._version = max(self._version, heading.version)
        if line.type == "BOOKMARK":
            return
        if line.type == "DELETED":
            self._feed.remove(heading)
        elif self._feed.is_wanted(heading):
            self._feed.put(manifest_of(self.resource, line.object))
        else:
            self._feed.discard(heading)

    async def _failed(self, error: BaseException) -> None:
        self._metrics.watch_restarts.labels(self.resource.kind).inc()
        pause_s = self._backoff.next_s()
        is_ordinary = isinstance(error, ApiException) and error.status == GONE
        if self._backoff.failures == 1 and not is_ordinary:
            is_later = isinstance(error, ApiException) and error.status == TOO_MANY_REQUESTS
            level = logging.INFO if is_later else logging.WARNING
            log.log(level, "objects can't be read, trying again", extra={"fields": self._fields() | reason_of(error)})
        if isinstance(error, ApiException) and not is_ordinary:
            self._note_refused(error)
        else:
            # Without an answer nothing is known of the kind.
            self._failing_since_s = None
        await asyncio.sleep(pause_s)

    def _note_refused(self, error: ApiException) -> None:
        """Note an answer that is an error; one that lasts makes the kind unreadable."""
        now_s = asyncio.get_running_loop().time()
        since_s = self._failing_since_s = now_s if self._failing_since_s is None else self._failing_since_s
        if error.status in REFUSALS:
            self.is_answered.set()
        if now_s - since_s >= (REFUSED_S if error.status in REFUSALS else FAILING_S):
            self._set_unreadable(reason_of(error)["error"])

    def _note_readable(self) -> None:
        """Note that the API server has accepted a list and a watch; the watch may still end at once, in an error."""
        self._failing_since_s = None
        self._set_unreadable("")

    def _recovered(self) -> None:
        if self._backoff.failures:
            log.info("objects are read again", extra={"fields": self._fields()})
        self._backoff.succeeded()

    def _set_unreadable(self, why: str) -> None:
        has_changed, self.unreadable = bool(why) != bool(self.unreadable), why
        if not has_changed:
            return
        self._metrics.unreadable.labels(self.resource.kind, self.namespace or "all").set(1 if why else 0)
        if why:
            log.error(
                "a kind can't be read, what is known of it stays", extra={"fields": self._fields() | {"error": why}}
            )
            self.is_answered.set()
            self.is_decided.set()
        self._listener.readable_changed()

    def _fields(self) -> dict[str, Any]:
        return {"resource": self.resource.plural, "namespace": self.namespace or "all"}


def reason_of(error: BaseException) -> dict[str, str]:
    """Return what a log may say of an error of the API server: never its body, which may quote a secret."""
    if isinstance(error, ApiException):
        return {"error": f"{error.status} {error.reason}"}
    return {"error": type(error).__name__}
