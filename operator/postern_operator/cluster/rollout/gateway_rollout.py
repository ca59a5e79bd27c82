"""One gateway's data plane, as the operator sees it: what it should serve, what is published, and what pods serve.

The loops here act, so they run only while this replica leads.  What is to be
served comes from `rebuild_loop`, and what users see of it is in `status_sync`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection

import aiohttp
from kubernetes.aio.client import ApiClient

from postern_core.codec import SECTIONS
from postern_core.link.retained import EMPTY
from postern_core.parse import Parsed
from postern_core.snapshot import Snapshot
from postern_kit.backoff import Backoff
from postern_operator.build import BuildResult, GatewayBuild
from postern_operator.cluster.errors import ClusterError, NotLeadingError, RefusedError
from postern_operator.cluster.metrics import Metrics
from postern_operator.cluster.settings import Gateway
from postern_operator.cluster.watch.informer import Scope

from .data_plane_pods import AdminEndpoint, ready_endpoints, served_digests
from .generation_ledger import GenerationLedger
from .pod_count import PodCount
from .publish_failures import changed_ids, in_words, is_lasting, with_refused
from .published_grants import EncodedBeside, read_grants, read_snapshot
from .publisher import ClusterPublisher
from .retention import retained_by

log = logging.getLogger("postern.gateway_rollout")

# Pods take up a snapshot within a fraction of a second; those that don't are asked less and less often.
ASK_FIRST_S = 0.02
ASK_AT_MOST_S = 1.0
# A busy API server is no failure that a status should show.
FAILURES_UNSHOWN = 3
TRY_AGAIN_S = 5.0
# Names of objects in one line of the log.
LOGGED_MAX = 20
# Once all serve what they should: a pod may have been replaced without any notice of it.
ASK_AGAIN_S = 10.0


class GatewayRollout:
    """One gateway; `slices` returns the EndpointSlices of its pods, `changed` is called when more or less is served.

    `rebuild` is called when something must be left out of what was built.

    `failure` says why what should be served can't be published, "" while nothing hinders.
    `has_polled` is set once it is known what pods serve, `is_settled` while all of them serve what they should.
    A term is a time in which this replica leads; nothing is published in it before the grants have been read.
    """

    def __init__(
        self,
        gateway: Gateway,
        publisher: ClusterPublisher,
        slices: Callable[[], tuple[Parsed, ...]],
        changed: Callable[[], None],
        metrics: Metrics,
        *,
        build: GatewayBuild | None = None,
        rebuild: Callable[[], None] = lambda: None,
    ) -> None:
        self.gateway = gateway
        self.build = build or GatewayBuild(gateway.name)
        self._encoded_grants = EncodedBeside()
        self._term = 0
        self._read_in_term: int | None = None
        self._is_certain = False
        self._before = EMPTY
        self.built: BuildResult | None = None
        self.ledger = GenerationLedger()
        self.failure = ""
        self.withheld_because = ""
        self.has_polled = asyncio.Event()
        self.is_settled = asyncio.Event()
        self.publisher = publisher
        self._slices = slices
        self._changed = changed
        self._rebuild = rebuild
        self._metrics = metrics
        self._must_publish = asyncio.Event()
        self._must_poll = asyncio.Event()
        self._published = ""
        self._published_at_s: float | None = None
        self._published_snapshot: Snapshot | None = None
        self._pod_count = PodCount()
        self._served: dict[AdminEndpoint, str | None] | None = None

    def cannot_build(self, why: str) -> None:
        """Keep what was built before; what is to be served now is more than can be published."""
        log.error("not published, too large", extra={"fields": self._fields() | {"error": why}})
        self._note_failure(why)

    async def read_grants(self, client: ApiClient, unread: Collection[Scope] = ()) -> bool:
        """Read the published grants, unless that was done in this term; returns whether it was done now.

        Where something is `unread`, what was published is read as well.  Raises `ClusterError`.
        """
        term = self._term
        if self._read_in_term == term:
            return False
        grants = await read_grants(client, self.gateway.namespace)
        self._before = await read_snapshot(client, self.gateway.namespace) if unread else EMPTY
        self.build.grants = grants
        self._read_in_term = term
        return True

    async def rebuild(self, objects: tuple[Parsed, ...], unread: Collection[Scope] = ()) -> None:
        """Build from these objects; the result is published once the grants have been read in this term."""
        term = self._term
        self._before = self._before if unread else EMPTY
        self.build.retained = retained_by(unread, self._before, self.build.grants)
        is_certain = self._read_in_term == term
        built = await asyncio.to_thread(self._built, objects)
        # Another term may have begun meanwhile: then what was known before it counts for nothing.
        self._is_certain = is_certain and term == self._term
        self.set_target(self._divided(built))

    def _divided(self, built: BuildResult) -> BuildResult:
        """Return the build with its rate limits divided by the pods that are ready."""
        return self._pod_count.divided(built, len(self.admins()), asyncio.get_running_loop().time())

    def admins(self) -> tuple[AdminEndpoint, ...]:
        """Return the admin ports of the ready pods."""
        return ready_endpoints(self._slices(), self.gateway.namespace)

    def _built(self, objects: tuple[Parsed, ...]) -> BuildResult:
        """Build; a thread's work."""
        return self._encoded_grants.beside(self.build.run(objects))

    def set_target(self, built: BuildResult) -> None:
        """Make this the build that is to be published and served."""
        self.ledger.compiled(built.encoded.digest, built.objects)
        if self.built is None or self.built.encoded.digest != built.encoded.digest:
            self.is_settled.clear()
        self.built = built
        self._must_publish.set()

    @property
    def unpublished(self) -> frozenset[str] | None:
        """The ids of the entries that differ from what is published, while there is a failure; None: all may."""
        if not self.failure or self.built is None:
            return frozenset()
        if self._published_snapshot is None:
            return None
        return changed_ids(self._published_snapshot, self.built.compiled.snapshot)

    def check_published(self) -> None:
        """Compare at once what is published with the target, and repair it."""
        self._must_publish.set()

    def pods_changed(self) -> None:
        """Poll at once."""
        self._must_poll.set()

    def begin_term(self) -> None:
        """Forget what is known of pods and grants: another replica may have acted since."""
        self._term += 1
        self._is_certain = False
        self._published, self._published_at_s, self._served = "", None, None
        self._published_snapshot = None
        self._pod_count = PodCount()
        self.build.refused = {}
        self.withheld_because = ""
        self._note_failure("")
        self.has_polled.clear()
        self.is_settled.clear()

    async def keep_published(self, client: ApiClient) -> None:
        """Publish the target, and repair what others do to it, until cancelled."""
        backoff = Backoff()
        has_looked = False
        self._must_publish.set()
        while True:
            await self._must_publish.wait()
            self._must_publish.clear()
            if self.built is None or not self._is_certain:
                continue
            try:
                if not has_looked:
                    await self.publisher.look(client)
                has_looked = True
                await self._publish(self.built)
                backoff.succeeded()
            except ClusterError as error:
                # What is published may have changed: it is read again before more is written.
                has_looked = False
                if not await self._withholds_refused(error):
                    await self._failed(error, backoff)

    async def poll_pods(self, session: aiohttp.ClientSession) -> None:
        """Ask every ready pod what it serves, until cancelled: often until all serve the target, then now and then."""
        wait_s = ASK_FIRST_S
        while True:
            self._must_poll.clear()
            if self.built is not None and (divided := self._divided(self.built)) is not self.built:
                self.set_target(divided)
            await self._note_served(await served_digests(self.admins(), session))
            wait_s = ASK_AGAIN_S if self.is_settled.is_set() else min(wait_s * 1.5, ASK_AT_MOST_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._must_poll.wait()
                wait_s = ASK_FIRST_S

    async def _publish(self, built: BuildResult) -> None:
        digest = built.encoded.digest
        await self.publisher.publish(built.encoded)
        self._published_snapshot = built.compiled.snapshot
        self._note_failure("")
        if digest == self._published:
            return
        self._published, self._published_at_s = digest, asyncio.get_running_loop().time()
        self._metrics.publishes.labels(self.gateway.name, "published").inc()
        log.info("published", extra={"fields": self._fields() | {"digest": digest}})
        self._must_poll.set()

    async def _failed(self, error: ClusterError, backoff: Backoff) -> None:
        self._metrics.publishes.labels(self.gateway.name, "failed").inc()
        pause_s = backoff.next_s()
        if not isinstance(error, NotLeadingError) and (is_lasting(error) or backoff.failures >= FAILURES_UNSHOWN):
            self._note_failure(in_words(error))
        if backoff.failures == 1:
            log.warning("not published, trying again", extra={"fields": self._fields() | {"error": str(error)}})
        await asyncio.sleep(pause_s)
        self._must_publish.set()

    async def _withholds_refused(self, error: ClusterError) -> bool:
        """Withhold single entries that were refused from the next build; returns whether there are any."""
        if not isinstance(error, RefusedError) or error.shard is None or not error.is_lasting or error.is_of_quota:
            return False
        if error.shard.section not in SECTIONS:  # a part of the grants, without which nothing may be published
            return False
        try:
            entries = await self.publisher.refused_entries(error.shard)
        except ClusterError:
            return False
        refused = with_refused(self.build.refused, error.shard.section, entries)
        if refused == self.build.refused:
            return False
        self.build.refused, self.withheld_because = refused, in_words(error)
        ids = [id_ for _, id_ in refused]
        fields = self._fields() | {"error": in_words(error), "left_out": ids[:LOGGED_MAX], "count": len(ids)}
        log.warning("published without the objects that the API server refuses", extra={"fields": fields})
        self._rebuild()
        # For what has changed meanwhile, so that there is nothing to leave out.
        asyncio.get_running_loop().call_later(TRY_AGAIN_S, self._must_publish.set)
        return True

    def _note_failure(self, failure: str) -> None:
        """Note what hinders publishing now; "" is nothing."""
        self._metrics.unpublished.labels(self.gateway.name).set(1 if failure else 0)
        if failure != self.failure:
            self.failure = failure
            self._changed()

    async def _note_served(self, served: dict[AdminEndpoint, str | None]) -> None:
        """Note what the pods say; when all of them serve what is published, old shards may go."""
        has_changed = served != self._served
        self._served = served
        self.ledger.serving(served.values())
        self.has_polled.set()
        wanted = self.built.encoded.digest if self.built else None
        is_settled = wanted == self._published and all(digest == wanted for digest in served.values())
        if is_settled and not self.is_settled.is_set():
            self._note_settled()
            has_changed = True
        elif not is_settled:
            self.is_settled.clear()
        if has_changed:
            self._changed()
        if is_settled:
            await self._remove_old(served)

    def _note_settled(self) -> None:
        self.is_settled.set()
        if self._served and self._published_at_s is not None:
            took_s = asyncio.get_running_loop().time() - self._published_at_s
            self._metrics.propagation_seconds.labels(self.gateway.name).observe(took_s)
            log.info("served by all pods", extra={"fields": self._fields() | {"pods": len(self._served)}})
        self._published_at_s = None

    async def _remove_old(self, served: dict[AdminEndpoint, str | None]) -> None:
        try:
            await self.publisher.remove_old(set(served.values()))
        except ClusterError as error:
            # They harm nothing, and the next answers come soon.
            log.warning("old shards can't be deleted yet", extra={"fields": self._fields() | {"error": str(error)}})

    def _fields(self) -> dict[str, str]:
        return {"gateway": self.gateway.name, "namespace": self.gateway.namespace}
